// Short messages after an action. Errors stay until dismissed; the rest goes by itself.
import { shallowRef } from 'vue';
import type { Problem } from '@/api/problem';

export interface Toast {
  id: number;
  text: string;
  bad: boolean;
  requestId: string;
}

export const toasts = shallowRef<readonly Toast[]>([]);
let last = 0;
const shown_ms = 5000;
const shown_at_once = 4;

function add(toast: Omit<Toast, 'id'>): number {
  const id = ++last;
  toasts.value = [...toasts.value, { id, ...toast }].slice(-shown_at_once);
  return id;
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

export function tell(text: string): void {
  const id = add({ text, bad: false, requestId: '' });
  setTimeout(() => dismiss(id), shown_ms);
}

export function tellProblem(problem: Problem, before = ''): void {
  const fields = problem.fields.map((entry) => entry.message).join(' ');
  const text = [before, problem.detail || problem.title, fields].filter(Boolean).join(' ');
  add({ text, bad: true, requestId: problem.requestId });
}
