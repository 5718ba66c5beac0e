// Between a form of the server's settings and the values that it takes: texts, and lists with one entry a line.
import type { Schemas } from '@/api/client';

type Setting = Schemas['Setting'];

export function startValues(settings: readonly Setting[], given: Record<string, unknown> = {}): Record<string, string> {
  return Object.fromEntries(
    settings.map((setting) => {
      const value = given[setting.key];
      if (Array.isArray(value)) return [setting.key, value.join('\n')];
      return [setting.key, typeof value === 'string' ? value : setting.fallback];
    }),
  );
}

// Empty optional fields are left out, so that the server's own default applies.
export function toSettings(settings: readonly Setting[], values: Record<string, string>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const setting of settings) {
    const text = (values[setting.key] ?? '').trim();
    if (text === '') continue;
    result[setting.key] = setting.type === 'list' ? text.split('\n').map((line) => line.trim()).filter(Boolean) : text;
  }
  return result;
}

export function settingFields(settings: readonly Setting[]): string[] {
  return settings.flatMap((setting) => [setting.key, `settings.${setting.key}`]);
}
