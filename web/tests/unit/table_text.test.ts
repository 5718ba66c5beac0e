import { describe, expect, test } from 'vitest';
import { exampleTable, readTable, rows_max } from '@/bulk/table_text';

const head = 'text,accounts,local,time_zone,when';

describe('a table that somebody pastes', () => {
  test('quotes, line breaks in cells and lists of accounts', () => {
    const { rows, problem } = readTable(`\uFEFF${head}\r\n"Hello, ""world""\nsecond line",@ada bluesky:@bea,2026-11-24 09:00,Europe/Paris,\r\n\r\nQueue,@ada,,,next_slot\r\n`);
    expect(problem).toBe('');
    expect(rows).toEqual([
      { text: 'Hello, "world"\nsecond line', accounts: ['@ada', 'bluesky:@bea'], local: '2026-11-24T09:00', time_zone: 'Europe/Paris' },
      { text: 'Queue', accounts: ['@ada'], when: 'next_slot' },
    ]);
  });
  test.each(['text\taccounts\nA, b\t@ada', 'Text;Accounts\nA, b;@ada'])('as spreadsheets write it: %j', (text) =>
    expect(readTable(text).rows).toEqual([{ text: 'A, b', accounts: ['@ada'] }]),
  );
  test.each([
    ['body,accounts\nx,y', /“body” is none/],
    ['accounts\n@ada', /“text” is missing/],
    ['text,text\na,b', /named twice/],
    ['text', /no row/],
    ['text\n"never closed', /never closed/],
    ['text,accounts\nHello, world,@ada', /Row 1 has more cells/],
    [`text\n${'x\n'.repeat(rows_max + 1)}`, /501 rows/],
  ])('%j is refused with the reason', (text, why) => {
    expect(readTable(text).problem).toMatch(why);
    expect(readTable(text).rows).toEqual([]);
  });
  test('nothing yet is no error, and the example can be read', () => {
    expect(readTable(' \n')).toEqual({ rows: [], problem: '' });
    const { rows, problem } = readTable(exampleTable(['bluesky:@ada', 'mastodon:@bea'], '2026-11-24', 'Europe/Paris'));
    expect(problem).toBe('');
    expect(rows.map((row) => [row.accounts?.length, row.local ?? row.when])).toEqual([[1, '2026-11-24T09:00'], [2, '2026-11-24T15:30'], [1, 'next_slot']]);
  });
});
