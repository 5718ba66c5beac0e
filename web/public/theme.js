// Runs before the first paint, so that a chosen theme does not flash in the other colours.
try {
  const theme = localStorage.getItem('socialtrend.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is switched off in this browser: the system's own setting stays.
}
