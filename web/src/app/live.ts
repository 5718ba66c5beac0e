// What changed in the workspace, told to whoever shows it. One connection for all screens.
import { onScopeDispose, shallowReadonly, shallowRef } from 'vue';
import type { Schemas } from '@/api/client';
import { EventStream, type StreamState } from '@/api/event_stream';

export type LiveEvent = Schemas['LiveEvent'];
type Listener = (event: LiveEvent | undefined) => void;

const names = ['post', 'target', 'series', 'account', 'source', 'media', 'slot', 'watch_list', 'rule', 'resync', 'message'] as const;
const state = shallowRef<StreamState>('connecting');
export const liveState = shallowReadonly(state);

const listeners = new Map<Listener, ReadonlySet<string>>();
let stream: EventStream | undefined;

export function startLive(): void {
  stream ??= new EventStream({
    url: '/api/events',
    names,
    onEvent: (name, data) => dispatch(name, data),
    onState: (next) => (state.value = next),
    onGap: () => listeners.forEach((_names, listener) => listener(undefined)),
  });
}

export function stopLive(): void {
  stream?.close();
  stream = undefined;
}

function dispatch(name: string, data: unknown): void {
  if (data === null || typeof data !== 'object') return;
  // The server could not keep all that happened for us: everything may have changed.
  if (name === 'resync') {
    listeners.forEach((_names, listener) => listener(undefined));
    return;
  }
  const event = { id: '', ...data, type: name === 'message' ? (data as LiveEvent).type : name } as LiveEvent;
  listeners.forEach((wanted, listener) => {
    if (wanted.has(event.type)) listener(event);
  });
}

const burst_ms = 250;

// Calls `refresh` once after a burst of events of the named kinds, and after a gap in the connection.
export function useLive(kinds: readonly string[], refresh: () => unknown, concerns?: (event: LiveEvent) => boolean): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const listener: Listener = (event) => {
    if (event && concerns && !concerns(event)) return;
    clearTimeout(timer);
    timer = setTimeout(() => void refresh(), burst_ms);
  };
  listeners.set(listener, new Set(kinds));
  onScopeDispose(() => {
    listeners.delete(listener);
    clearTimeout(timer);
  });
}
