// ISO weekdays (1 = Monday) in words.
export const weekdayNames = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

export function weekdayWords(weekdays: readonly number[]): string {
  const days = [...new Set(weekdays)].sort();
  const key = days.join('');
  if (key === '1234567') return 'every day';
  if (key === '12345') return 'weekdays';
  if (key === '67') return 'weekends';
  return days.map((day) => weekdayNames[day - 1]?.slice(0, 3) ?? '').join(', ');
}
