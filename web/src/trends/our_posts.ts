// How early a post of ours was on a trend.
import { minutesInWords } from '@/ui/format';

export function afterRise(minutes: number): string {
  if (minutes < 0) return `Out ${minutesInWords(-minutes)} before it began to rise`;
  if (minutes === 0) return 'Out as it began to rise';
  return `Out ${minutesInWords(minutes)} after it began to rise`;
}
