import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EventStream, type StreamState } from '@/api/event_stream';

class FakeSource {
  static made: FakeSource[] = [];
  onopen: (() => void) | undefined;
  onerror: (() => void) | undefined;
  closed = false;
  private readonly listeners = new Map<string, (event: { data: string }) => void>();
  constructor(readonly url: string) {
    FakeSource.made.push(this);
  }
  addEventListener(name: string, listener: (event: { data: string }) => void): void {
    this.listeners.set(name, listener);
  }
  say(name: string, data: string): void {
    this.listeners.get(name)?.({ data });
  }
  close(): void {
    this.closed = true;
  }
}
const newest = () => FakeSource.made.at(-1)!;

let states: StreamState[];
let heard: [string, unknown][];
let gaps: number;
let stream: EventStream;

function setHidden(hidden: boolean): void {
  Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('EventSource', FakeSource);
  FakeSource.made = [];
  [states, heard, gaps] = [[], [], 0];
  stream = new EventStream({
    url: '/api/events',
    names: ['post'],
    onEvent: (name, data) => heard.push([name, data]),
    onState: (state) => states.push(state),
    onGap: () => gaps++,
  });
});
afterEach(() => {
  stream.close();
  setHidden(false);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('the stream of events', () => {
  test('events arrive parsed; what is not JSON is dropped with a warning', () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    newest().onopen?.();
    newest().say('post', '{"type":"post","id":"1"}');
    newest().say('post', '{broken');
    expect(heard).toEqual([['post', { type: 'post', id: '1' }]]);
    expect(warned).toHaveBeenCalledOnce();
    expect(states).toEqual(['connecting', 'live']);
  });

  test('a lost connection is tried again, ever more slowly, and then tells of the gap', () => {
    newest().onopen?.();
    expect(gaps).toBe(0);
    newest().onerror?.();
    expect(states.at(-1)).toBe('lost');
    vi.advanceTimersByTime(1300);
    expect(FakeSource.made).toHaveLength(2);
    newest().onerror?.();
    vi.advanceTimersByTime(1300);
    expect(FakeSource.made).toHaveLength(2);
    vi.advanceTimersByTime(1300);
    expect(FakeSource.made).toHaveLength(3);
    newest().onopen?.();
    expect(gaps).toBe(1);
  });

  test('a hidden tab holds no connection', () => {
    newest().onopen?.();
    setHidden(true);
    expect(newest().closed).toBe(true);
    expect(states.at(-1)).toBe('hidden');
    vi.advanceTimersByTime(120_000);
    expect(FakeSource.made).toHaveLength(1);
    setHidden(false);
    expect(FakeSource.made).toHaveLength(2);
    newest().onopen?.();
    expect(gaps).toBe(1);
  });

  test('closed is closed', () => {
    newest().onopen?.();
    newest().onerror?.();
    stream.close();
    vi.advanceTimersByTime(120_000);
    setHidden(false);
    expect(FakeSource.made).toHaveLength(1);
  });
});
