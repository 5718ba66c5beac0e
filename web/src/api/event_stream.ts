// Server-sent events for as long as somebody looks: closed while the tab is hidden (a browser allows six connections to
// a server for all tabs together), opened again with patience, and told when something may have been missed.
export type StreamState = 'connecting' | 'live' | 'lost' | 'hidden';

export interface StreamOptions {
  url: string;
  // Names of events to hear; 'message' is for events without a name.
  names: readonly string[];
  onEvent: (name: string, data: unknown) => void;
  onState: (state: StreamState) => void;
  // After a gap: fetch again what the stream would have told.
  onGap: () => void;
}

const first_delay_ms = 1000;
const longest_delay_ms = 30_000;

export class EventStream {
  private source: EventSource | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private delay = first_delay_ms;
  private wasLive = false;
  private readonly onVisibility = () => (document.hidden ? this.hide() : this.open());

  constructor(private readonly options: StreamOptions) {
    document.addEventListener('visibilitychange', this.onVisibility);
    if (document.hidden) options.onState('hidden');
    else this.open();
  }

  close(): void {
    document.removeEventListener('visibilitychange', this.onVisibility);
    this.drop();
  }

  private open(): void {
    if (this.source) return;
    clearTimeout(this.timer);
    this.options.onState('connecting');
    const source = new EventSource(this.options.url);
    this.source = source;
    source.onopen = () => this.opened();
    source.onerror = () => this.failed();
    for (const name of this.options.names) {
      source.addEventListener(name, (event) => this.heard(name, event as MessageEvent<string>));
    }
  }

  private opened(): void {
    this.delay = first_delay_ms;
    this.options.onState('live');
    if (this.wasLive) this.options.onGap();
    this.wasLive = true;
  }

  // The browser's own reconnecting gives up on an HTTP error and does not slow down, so it is done here.
  private failed(): void {
    this.drop();
    this.options.onState('lost');
    const jitter = 0.75 + Math.random() / 2;
    this.timer = setTimeout(() => this.open(), this.delay * jitter);
    this.delay = Math.min(this.delay * 2, longest_delay_ms);
  }

  private heard(name: string, event: MessageEvent<string>): void {
    let data: unknown;
    try {
      data = JSON.parse(event.data);
    } catch {
      console.warn(`The server sent an event that is not JSON: ${name}`);
      return;
    }
    this.options.onEvent(name, data);
  }

  private hide(): void {
    this.drop();
    this.options.onState('hidden');
  }

  private drop(): void {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = undefined;
  }
}
