// Where an error belongs: "variants[1].parts[0].text" names an account's part, "when.local" the schedule.
import type { FieldMessage } from '@/api/problem';

export interface FieldPlace {
  // Index into the accounts of the post, when only one is concerned.
  variant?: number;
  part?: number;
  // What is left: "text", "media[0].alt_text", "when.local".
  rest: string;
}

export function placeOf(field: string): FieldPlace {
  const found = /^(?:variants\[(\d+)\]\.?)?(?:parts\[(\d+)\]\.?)?(.*)$/.exec(field);
  const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  return { variant: number(found?.[1]), part: number(found?.[2]), rest: found?.[3] ?? field };
}

// Whose text is meant: the common one, the own one of the account at that index, or anyone's.
export type Whose = 'anyone' | 'common' | number;

export function messagesForPart(fields: readonly FieldMessage[], part: number, whose: Whose = 'anyone'): string[] {
  return fields
    .filter((entry) => {
      const place = placeOf(entry.field);
      if (place.part !== part) return false;
      return whose === 'anyone' || place.variant === (whose === 'common' ? undefined : whose);
    })
    .map((entry) => entry.message);
}

export function messagesFor(fields: readonly FieldMessage[], head: string): string[] {
  return fields.filter((entry) => entry.field === head || entry.field.startsWith(`${head}.`)).map((entry) => entry.message);
}

export function isAboutPart(field: string): boolean {
  return placeOf(field).part !== undefined;
}

// What concerns the plan: the time, or the text as a whole against other posts.
export function isAboutPlan(field: string): boolean {
  return ['when', 'when.local', 'parts'].includes(field);
}
