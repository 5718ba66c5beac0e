// FullCalendar carries an icon font as a data: address. Browsers load it at once, the server's Content-Security-Policy
// refuses it, and the page needs none of its icons: it is cut out.
import type { Plugin } from 'vite';

export function stripCalendarFont(): Plugin {
  return {
    name: 'strip-calendar-font',
    apply: 'build',
    transform(code, id) {
      if (!id.includes('@fullcalendar/core') || !code.includes('@font-face')) return undefined;
      const stripped = code.replace(/@font-face\s*\{[^}]*\}/g, '');
      return { code: stripped, map: null };
    },
  };
}
