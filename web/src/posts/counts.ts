// How full a text is. The server counts, as each network counts; here the numbers are only judged.
export type FillLevel = 'fine' | 'near' | 'over';

export interface Fill {
  share: number;
  level: FillLevel;
}

const near_share = 0.9;

// `max` 0 means: no limit.
export function fillOf(used: number, max: number): Fill {
  if (max <= 0) return { share: 0, level: 'fine' };
  const share = Math.min(used / max, 1);
  if (used > max) return { share, level: 'over' };
  return { share, level: used >= max * near_share ? 'near' : 'fine' };
}

const unitNames: Record<string, string> = {
  graphemes: 'characters',
  code_points: 'characters',
  utf16_units: 'characters',
  mastodon: 'characters (each link counts the same)',
  emoji_bytes: 'characters (an emoji counts several)',
  weighted: 'characters (links count 23, emoji and East Asian letters 2)',
  bytes: 'bytes',
};

export function unitWords(unit: string): string {
  return unitNames[unit] ?? unit;
}
