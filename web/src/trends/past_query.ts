// When to look for past trends: days as people choose them, as the server wants them.
const day_ms = 86_400_000;
export const spans = [
  { value: '', label: 'All that is kept' },
  { value: '1', label: 'Last day' },
  { value: '7', label: 'Last 7 days' },
  { value: '30', label: 'Last 30 days' },
];

export function pastQuery(words: string, span: string, now: Date): { q?: string; from?: string } {
  const days = Number(span);
  return {
    ...(words.trim() ? { q: words.trim() } : {}),
    ...(days > 0 ? { from: new Date(now.getTime() - days * day_ms).toISOString() } : {}),
  };
}
