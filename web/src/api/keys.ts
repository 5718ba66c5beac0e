// Idempotency keys: the same intention sent twice must take effect once.

// crypto.randomUUID exists only on https and localhost; self-hosted pages are often opened over plain http in a LAN.
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

// Keeps one key for one body until an answer came: a repeat after a lost answer is recognised by the server, while a
// corrected body (or a new wish to send the same again) is a new intention.
export class Intention {
  private body = '';
  private key = '';

  keyFor(body: unknown): string {
    const text = JSON.stringify(body);
    if (this.key === '' || text !== this.body) {
      this.body = text;
      this.key = newKey();
    }
    return this.key;
  }

  answered(): void {
    this.key = '';
  }
}
