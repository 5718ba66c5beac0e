// A table that somebody pastes or uploads: CSV with commas or semicolons, or tabs as spreadsheets copy them. Pure.
import type { Schemas } from '@/api/client';

export type BulkRow = Schemas['BulkRow'];
export const rows_max = 500;
export const columns = ['text', 'accounts', 'at', 'local', 'time_zone', 'when', 'media', 'language'] as const;
type Column = (typeof columns)[number];

export interface Table {
  rows: BulkRow[];
  // What keeps the whole table from being read; empty when nothing does.
  problem: string;
}

function delimiterOf(text: string): string {
  const head = text.split(/\r?\n/, 1)[0] ?? '';
  return ['\t', ';'].find((mark) => head.includes(mark) && !head.includes(',')) ?? ',';
}

// Cells of each row, with quotes as in RFC 4180; nothing when a quote is never closed.
function cellsOf(text: string, delimiter: string): string[][] | undefined {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  const endCell = () => {
    row.push(cell);
    cell = '';
  };
  const endRow = () => {
    endCell();
    if (row.some((entry) => entry.trim() !== '')) rows.push(row);
    row = [];
  };
  for (let index = 0; index < text.length; index++) {
    const mark = text[index]!;
    if (quoted && mark === '"' && text[index + 1] === '"') cell += text[++index];
    else if (quoted && mark === '"') quoted = false;
    else if (quoted) cell += mark;
    else if (mark === '"' && cell === '') quoted = true;
    else if (mark === delimiter) endCell();
    else if (mark === '\n') endRow();
    else if (mark !== '\r') cell += mark;
  }
  if (quoted) return undefined;
  endRow();
  return rows;
}

const words = (cell: string) => cell.split(/\s+/).filter(Boolean);

function rowOf(head: readonly Column[], cells: readonly string[]): BulkRow {
  const row: Record<string, string | string[]> = { text: '' };
  head.forEach((column, index) => {
    const cell = cells[index] ?? '';
    if (column === 'accounts' || column === 'media') row[column] = words(cell);
    else if (column === 'text') row[column] = cell;
    else if (cell.trim() !== '') row[column] = cell.trim();
  });
  // Spreadsheets write a blank where the wall time has a T.
  if (typeof row['local'] === 'string') row['local'] = row['local'].replace(/^(\d{4}-\d\d-\d\d) (\d\d:\d\d)/, '$1T$2');
  return row as unknown as BulkRow;
}

const refuse = (problem: string): Table => ({ rows: [], problem });

export function readTable(text: string): Table {
  const trimmed = text.replace(/^\uFEFF/, '');
  if (trimmed.trim() === '') return refuse('');
  const cells = cellsOf(trimmed, delimiterOf(trimmed));
  if (!cells) return refuse('A quotation mark is opened and never closed.');
  const [first, ...rest] = cells;
  const head = (first ?? []).map((name) => name.trim().toLowerCase());
  const strange = head.find((name) => !columns.includes(name as Column));
  if (strange !== undefined) return refuse(`The first line names the columns. “${strange.slice(0, 40)}” is none: possible are ${columns.join(', ')}.`);
  if (new Set(head).size < head.length) return refuse('A column is named twice.');
  if (!head.includes('text')) return refuse('The column “text” is missing.');
  if (rest.length === 0) return refuse('There is no row below the names of the columns.');
  if (rest.length > rows_max) return refuse(`There are ${rest.length} rows; ${rows_max} at a time are possible.`);
  const long = rest.findIndex((row) => row.length > head.length);
  if (long >= 0) return refuse(`Row ${long + 1} has more cells than there are columns. Put text with commas into quotation marks.`);
  return { rows: rest.map((row) => rowOf(head as Column[], row)), problem: '' };
}

function quoted(cell: string): string {
  return /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

// A table to begin with, for the accounts that are there.
export function exampleTable(accounts: readonly string[], day: string, zone: string): string {
  const account = accounts[0] ?? '@name';
  const lines = [
    ['text', 'accounts', 'local', 'time_zone', 'when'],
    ['Good morning! Here is what we do this week.', account, `${day}T09:00`, zone, ''],
    ['A text with a comma, in quotation marks', accounts.slice(0, 2).join(' ') || account, `${day}T15:30`, zone, ''],
    ['This one takes the next free slot', account, '', '', 'next_slot'],
  ];
  return lines.map((line) => line.map(quoted).join(',')).join('\n');
}
