// Lists of short texts as people type and paste them.
export function splitEntries(text: string): string[] {
  return text
    .split(/[,\n\r\t]+/)
    .map((entry) => entry.trim().replace(/\s+/g, ' '))
    .filter(Boolean);
}

// Without those that are there already, whatever their case.
export function addedTo(entries: readonly string[], more: readonly string[]): string[] {
  const known = new Set(entries.map((entry) => entry.toLowerCase()));
  const result = [...entries];
  for (const entry of more) {
    if (known.has(entry.toLowerCase())) continue;
    known.add(entry.toLowerCase());
    result.push(entry);
  }
  return result;
}
