// Whether nobody is reading closely: the pointer is not over the list, the focus not in it, and nothing was touched for a
// while. Only then may the list change its order by itself.
import { onScopeDispose, type Ref } from 'vue';

const resting_ms = 20_000;
const touches = ['pointermove', 'pointerdown', 'keydown', 'wheel', 'scroll', 'touchmove'] as const;

export function isResting(now: number, touched: number, held: boolean): boolean {
  return !held && now - touched >= resting_ms;
}

// Calls `rested` every few seconds while that is so.
export function useResting(list: Ref<HTMLElement | null | undefined>, rested: () => void): void {
  let touched = Date.now();
  const note = () => (touched = Date.now());
  for (const name of touches) window.addEventListener(name, note, { passive: true, capture: true });
  const timer = setInterval(() => {
    const held = list.value?.matches(':hover, :focus-within') ?? false;
    if (!document.hidden && isResting(Date.now(), touched, held)) rested();
  }, 2000);
  onScopeDispose(() => {
    clearInterval(timer);
    for (const name of touches) window.removeEventListener(name, note, { capture: true });
  });
}
