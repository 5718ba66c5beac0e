// Light, dark, or as the system says. public/theme.js applies the stored choice before the first paint.
import { ref } from 'vue';

export type Theme = 'system' | 'light' | 'dark';
const key = 'socialtrend.theme';

function stored(): Theme {
  try {
    const value = localStorage.getItem(key);
    return value === 'light' || value === 'dark' ? value : 'system';
  } catch {
    // Storage is switched off: the choice lasts until the page is left.
    return 'system';
  }
}

export const theme = ref<Theme>(stored());

export function setTheme(next: Theme): void {
  theme.value = next;
  if (next === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = next;
  try {
    if (next === 'system') localStorage.removeItem(key);
    else localStorage.setItem(key, next);
  } catch {
    // As above.
  }
}
