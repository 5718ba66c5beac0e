// The present moment for "5 min ago": one clock for all, standing still while nobody looks.
import { onScopeDispose, readonly, ref } from 'vue';

const moment = ref(new Date());
let users = 0;
let timer: ReturnType<typeof setInterval> | undefined;

function tick(): void {
  if (!document.hidden) moment.value = new Date();
}

export function useNow() {
  if (users++ === 0) {
    moment.value = new Date();
    timer = setInterval(tick, 5000);
  }
  onScopeDispose(() => {
    if (--users === 0) clearInterval(timer);
  });
  return readonly(moment);
}
