// What people do, by role and label as they find it: set up, connect, write, move, decide. Each with its own server.
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { accounts as seedAccounts } from '../mock-server/seed';
import { MockServer, type MockOptions } from '../mock-server/server';
import { accessibilityProblems, desktop, dist, hasBrowser, launch, phone, shoot, visit, type Visit } from './browser';

let browser: Browser;
let server: MockServer;
let here: Visit;
let page: Page;

beforeAll(async () => {
  if (hasBrowser) browser = await launch();
});
afterAll(() => browser?.close());

async function arrive(options: Partial<MockOptions> & { signedIn?: boolean; small?: boolean } = {}): Promise<void> {
  server = new MockServer({ folder: dist, ...options });
  server.signedIn = options.signedIn ?? !options.fresh;
  here = await visit(browser, await server.start(), options.small ? phone : desktop);
  page = here.page;
}
afterEach(async () => {
  const complaints = here?.complaints.splice(0) ?? [];
  await here?.close();
  await server?.stop();
  expect(complaints).toEqual([]);
});

const sent = (method: string, path: string | RegExp) =>
  server.seen.filter((call) => call.method === method && (typeof path === 'string' ? call.path === path : path.test(call.path)));
const button = (name: string | RegExp) => page.getByRole('button', { name });
const text = (words: string | RegExp) => page.getByText(words).first();

describe.skipIf(!hasBrowser)('arriving', () => {
  test('the first person becomes the owner, a refused password is explained beside its field', async () => {
    await arrive({ fresh: true });
    await page.goto('/');
    await page.getByLabel('Your name').fill('Ada');
    await page.getByLabel('E-mail').fill('ada@example.org');
    await page.getByLabel('Password').fill('password12');
    await shoot(page, 'setup-desktop-light');
    expect(await accessibilityProblems(page)).toEqual([]);
    await button('Create the owner').click();
    await text('Is among the most used passwords.').waitFor();
    await text('req-mock-0001').waitFor();
    await page.getByLabel('Password').fill('correct horse battery');
    await button('Create the owner').click();
    await page.getByRole('heading', { name: 'Trends' }).waitFor();
    expect((sent('POST', '/api/register').at(-1)!.body as { time_zone: string }).time_zone).toBe('Europe/Paris');
    await text('No source can be heard').waitFor();
    await shoot(page, 'empty-trends-desktop-light');
  });

  test('nothing can be heard: the demonstration is offered and labelled', async () => {
    await arrive({ fresh: true });
    server.needsOwner = false;
    server.signedIn = true;
    await page.goto('/sources');
    await shoot(page, 'sources-offer-desktop-light');
    await button('Start the demonstration').click();
    await text('Generated demonstration').waitFor();
    await page.getByRole('link', { name: 'Trends' }).first().click();
    await text('These trends come from a made-up stream').waitFor();
    await shoot(page, 'demonstration-desktop-light');
    expect(await page.getByRole('listitem').filter({ hasText: 'Generated demonstration' }).count()).toBeGreaterThan(3);
  });

  test('signing in leads on to where one wanted to be; a wrong password is told', async () => {
    await arrive({ signedIn: false });
    await page.goto('/accounts');
    await page.getByLabel('E-mail').fill('ada@example.org');
    await page.getByLabel('Password').fill('wrong');
    await button('Sign in').click();
    await text('E-mail or password is wrong.').waitFor();
    await shoot(page, 'sign-in-desktop-light');
    await page.getByLabel('Password').fill('correct horse battery');
    await button('Sign in').click();
    await page.getByRole('heading', { name: 'Accounts' }).waitFor();
  });

  test('an invitation leads to joining', async () => {
    await arrive({ signedIn: false });
    await page.goto('/register?invitation=inv_1');
    await page.getByLabel('Your name').fill('Jo');
    await page.getByLabel('E-mail').fill('jo@example.org');
    await page.getByLabel('Password').fill('correct horse battery');
    await button('Join').click();
    await page.getByRole('heading', { name: 'Trends' }).waitFor();
    expect(sent('POST', '/api/register')[0]!.body).toMatchObject({ invitation: 'inv_1' });
  });

  test('an invitation takes someone who is signed in into a further workspace', async () => {
    await arrive();
    await page.goto('/register?invitation=inv_1');
    await button('Join as Ada Byrne').click();
    await text('Lighthouse Press').waitFor();
    await button(/Your menu/).click();
    await page.getByRole('menuitem', { name: 'Go to Harbour Studio' }).click();
    await button(/Your menu/).getByText('Harbour Studio').waitFor();
  });

  test('a session that ended asks to sign in again', async () => {
    await arrive();
    await page.goto('/posts');
    await page.getByRole('heading', { name: 'Posts' }).waitFor();
    server.signedIn = false;
    await page.getByRole('link', { name: 'Accounts' }).first().click();
    await text('Your session ended.').waitFor();
  });
});

describe.skipIf(!hasBrowser)('trends', () => {
  beforeEach(() => arrive());

  test('numbers change in place, a new order waits until it is asked for', async () => {
    await page.goto('/trends');
    const names = () => page.getByRole('list', { name: 'Trends, best first' }).getByRole('link').filter({ hasNotText: 'Write' }).allTextContents();
    await text('#northernlights').waitFor();
    const before = await names();
    server.trends = [server.trends[2]!, { ...server.trends[0]!, authors: 9876 }, ...server.trends.slice(3), server.trends[1]!];
    server.tellTrends();
    await text('9,876').waitFor();
    expect(await names()).toEqual(before);
    await button(/changes in the order/).click();
    await expect.poll(names).not.toEqual(before);
  });

  test('filters ask the server and live in the address', async () => {
    await page.goto('/trends');
    await page.getByLabel('Kind').selectOption('link');
    await text('nature.com/articles').waitFor();
    await expect.poll(() => page.getByText('#northernlights').count()).toBe(0);
    expect(page.url()).toContain('kind=link');
    await page.getByLabel('Search trends').fill('nothing like it');
    await text('Nothing rising fits these filters').waitFor();
    await button('Clear the filters').click();
    await text('#northernlights').waitFor();
  });

  test('the chart is read by keyboard, a script address is no link', async () => {
    await page.goto(`/trends/${server.trends[0]!.id}`);
    await page.getByRole('img', { name: /Observed and expected/ }).focus();
    await page.keyboard.press('ArrowLeft');
    await page.getByRole('status').filter({ hasText: 'observed' }).waitFor();
    expect(await page.locator('a[href^="javascript"]').count()).toBe(0);
  });
});

describe.skipIf(!hasBrowser)('writing', () => {
  beforeEach(() => arrive());

  test('write about a trend, counted live, and see it published with its timeline', async () => {
    await page.goto('/trends');
    await page.getByRole('link', { name: 'Write about #northernlights' }).click();
    await text('About the trend').waitFor();
    await page.getByRole('checkbox', { name: /harbour\.studio/ }).check({ force: true });
    await page.getByRole('textbox', { name: 'Text' }).fill('Look up! 👨‍👩‍👧');
    await text('10/300').waitFor();
    await shoot(page, 'writing-desktop-light');
    await button('Publish now').click();
    await page.getByRole('heading', { name: 'Look up!' }).waitFor();
    await page.getByRole('link', { name: /See it on Bluesky/ }).waitFor();
    await text('The network confirmed it.').waitFor();
    const [call] = sent('POST', '/api/posts');
    expect(call!.headers['idempotency-key']).toMatch(/^[0-9a-f]{32}$/);
    expect(call!.body).toMatchObject({ trend_id: server.trends[0]!.id, when: { type: 'now' } });
  });

  test('too long is told for the account, and an own text for it helps', async () => {
    await page.goto('/compose');
    await page.getByRole('checkbox', { name: /harbour\.studio/ }).check({ force: true });
    await page.getByRole('checkbox', { name: /Studio news/ }).check({ force: true });
    await page.getByRole('textbox', { name: 'Text' }).fill('x'.repeat(301));
    await text(/Has 301 characters; at most 300/).waitFor();
    await shoot(page, 'too-long-desktop-light');
    expect(await button('Publish now').isDisabled()).toBe(true);
    await button('Own text for…').click();
    await page.getByRole('menuitem', { name: /harbour\.studio/ }).click();
    await page.getByRole('textbox', { name: 'Text' }).fill('short');
    await expect.poll(() => button('Publish now').isDisabled()).toBe(false);
    await button('Publish now').click();
    await page.getByRole('heading', { name: 'On each account' }).waitFor();
    const body = sent('POST', '/api/posts')[0]!.body as { variants: { parts?: { text: string }[] }[] };
    expect(body.variants[0]!.parts![0]!.text).toBe('short');
    expect(body.variants[1]!.parts).toBeUndefined();
  });

  test('a time is sent as wall time and zone; the gap of summer time is explained', async () => {
    await page.goto('/compose');
    await page.getByRole('checkbox', { name: /harbour\.studio/ }).check({ force: true });
    await page.getByRole('textbox', { name: 'Text' }).fill('Good morning');
    await page.getByText('At a time').click();
    await page.getByLabel('Date and time').fill('2027-03-28T02:30');
    await text(/Clocks go forward over this time/).waitFor();
    await page.getByLabel('Date and time').fill('2027-03-29T09:00');
    await button(/Schedule for Mon/).click();
    await page.getByRole('heading', { name: 'Good morning' }).waitFor();
    expect(sent('POST', '/api/posts')[0]!.body).toMatchObject({ when: { type: 'at', local: '2027-03-29T09:00', time_zone: 'Europe/Paris' } });
  });

  test('a large image goes up in pieces, and goes on where it was after a break', async () => {
    await page.goto('/compose');
    server.lostPieces = 1;
    const large = Buffer.alloc(2_500_000, 7);
    await page.getByLabel('Images for part 1').setInputFiles({ name: 'large.png', mimeType: 'image/png', buffer: large });
    await page.getByLabel('Description of image 1').waitFor();
    expect([...server.uploads.values()]).toMatchObject([{ length: 2_500_000, received: 2_500_000 }]);
    const pieces = sent('PATCH', /uploads/).map((request) => Number(request.headers['upload-offset']));
    expect(pieces).toEqual([0, 0, 1_048_576, 2_097_152]);
    expect(sent('HEAD', /uploads/).length).toBe(1);
  });

  test('an upload that is stopped is taken back', async () => {
    await page.goto('/compose');
    server.lostPieces = 99;
    await page.getByLabel('Images for part 1').setInputFiles({ name: 'large.png', mimeType: 'image/png', buffer: Buffer.alloc(900_000, 7) });
    await text(/interrupted, goes on by itself/).waitFor();
    await page.getByRole('button', { name: 'Stop uploading large.png' }).click();
    await expect.poll(() => sent('DELETE', /uploads/).length).toBe(1);
    expect(await page.getByText('large.png').count()).toBe(0);
  });

  test('a thread with an image, its description, and a draft that is edited with If-Match', async () => {
    await page.goto('/compose');
    await page.getByRole('textbox', { name: 'Text' }).fill('One');
    await button('Make it a thread').click();
    await page.getByRole('textbox', { name: 'Text of part 2' }).fill('Two');
    const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
    await page.getByLabel('Images for part 2').setInputFiles({ name: 'dot.png', mimeType: 'image/png', buffer: png });
    await page.getByLabel('Description of image 1').fill('A dot');
    await page.getByLabel('Description of image 1').blur();
    await expect.poll(() => server.media[0]?.alt_text).toBe('A dot');
    await shoot(page, 'thread-desktop-light');
    expect(await accessibilityProblems(page)).toEqual([]);
    await button('Save draft').click();
    await page.getByRole('heading', { name: 'Edit post' }).waitFor();
    const body = sent('POST', '/api/posts')[0]!.body as { parts: { media: string[] }[] };
    expect(body).toMatchObject({ when: { type: 'draft' } });
    expect(body.parts[1]!.media).toEqual([server.media[0]!.id]);
    await page.getByRole('textbox', { name: 'Text of part 1' }).fill('One, again');
    await button('Save draft').click();
    await expect.poll(() => sent('PUT', /posts/).length).toBe(1);
    expect(sent('PUT', /posts/)[0]!.headers['if-match']).toBe('"1"');
  });

  test('a caption is proposed, says that it is offline, and is taken', async () => {
    await page.goto(`/compose?trend=${server.trends[0]!.id}`);
    await button('Suggest a caption').click();
    await button('Suggest').last().click();
    await text('Composed offline').waitFor();
    await shoot(page, 'caption-dialog-desktop-light');
    expect(await accessibilityProblems(page)).toEqual([]);
    await button('Use this text').click();
    expect(await page.getByRole('textbox', { name: 'Text' }).inputValue()).toContain('#aurora');
  });

  test('what was typed survives a closed tab', async () => {
    await page.goto('/compose');
    await page.getByRole('textbox', { name: 'Text' }).fill('Do not lose me');
    await page.reload();
    await text('We kept what you had not saved.').waitFor();
    expect(await page.getByRole('textbox', { name: 'Text' }).inputValue()).toBe('Do not lose me');
    await button('Start afresh').click();
    expect(await page.getByRole('textbox', { name: 'Text' }).inputValue()).toBe('');
  });

  test('next slot shows each account its own, or what is missing', async () => {
    await page.goto('/compose');
    await page.getByRole('checkbox', { name: /harbour\.studio/ }).check({ force: true });
    await page.getByRole('checkbox', { name: /Studio news/ }).check({ force: true });
    await page.getByText('Next slot').click();
    await text('This account has no queue slots.').waitFor();
    await page.getByRole('link', { name: 'Set up slots' }).waitFor();
  });
});

describe.skipIf(!hasBrowser)('after writing', () => {
  beforeEach(() => arrive());
  const idOf = (state: string) => server.posts.find((post) => post.state === state)!.id;

  test('a decision is asked for, sending again warns first', async () => {
    await page.goto(`/posts/${idOf('needs_decision')}`);
    await button('It is not: send again').click();
    await text(/the post will stand there twice/).waitFor();
    await button('Keep as it is').click();
    await button('It is there').click();
    await expect.poll(() => sent('POST', /decide$/).length).toBe(1);
    expect(sent('POST', /decide$/)[0]!.body).toEqual({ decision: 'it_was_published' });
  });

  test('cancel asks first; approve and send back with a reason', async () => {
    await page.goto(`/posts/${idOf('scheduled')}`);
    await button('More actions').click();
    await page.getByRole('menuitem', { name: 'Cancel' }).click();
    await button('Cancel the post').click();
    await text('Cancelled').waitFor();
    await page.goto(`/posts/${idOf('awaiting_approval')}`);
    await button('Send back').click();
    await page.getByLabel('Reason').fill('The date is wrong.');
    await page.getByRole('dialog').getByRole('button', { name: 'Send back' }).click();
    await expect.poll(() => sent('POST', /reject$/)[0]?.body).toEqual({ reason: 'The date is wrong.' });
  });

  test('moving by dialog sends the wall time; a refusal is shown', async () => {
    await page.goto(`/posts/${idOf('scheduled')}`);
    server.refuseMoves = true;
    await button('Move').click();
    await page.getByLabel('Date and time').fill('2027-01-04T09:00');
    await button('Move it').click();
    await text('A worker has already taken this post').waitFor();
    server.refuseMoves = false;
    await button('Move it').click();
    await text(/Mon 4 Jan/).waitFor();
  });

  test('dragging on the calendar moves, and a refused drag goes back', async () => {
    const before = server.posts.find((post) => post.state === 'scheduled')!;
    const day = new Date(Date.parse(before.due_at!) + 7 * 86_400_000).toISOString().slice(0, 10);
    await page.goto('/calendar?view=month');
    const event = () => page.getByRole('link', { name: /New on the blog/ });
    const drag = async () => {
      await page.waitForLoadState('networkidle'); // what still loads lays the month out anew, under the pointer
      // Where both are seen: the pointer drops nothing outside of the window.
      await page.locator(`td[data-date="${day}"]`).scrollIntoViewIfNeeded();
      await event().scrollIntoViewIfNeeded();
      const from = (await event().boundingBox())!;
      const to = (await page.locator(`td[data-date="${day}"]`).boundingBox())!;
      await page.mouse.move(from.x + 30, from.y + 8);
      await page.mouse.down();
      await page.mouse.move(from.x + 40, from.y + 20, { steps: 4 });
      await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 8 });
      await page.mouse.up();
    };
    server.refuseMoves = true;
    await drag();
    await text(/It stays where it was\. A worker has already taken this post/).waitFor();
    expect(await page.locator(`td[data-date="${day}"]`).getByRole('link', { name: /New on the blog/ }).count()).toBe(0);
    server.refuseMoves = false;
    await drag();
    await text(/Moved to/).waitFor();
    const [, call] = sent('PATCH', /posts/);
    expect(call!.headers['if-match']).toBe('"3"');
    expect((call!.body as { when: { local: string } }).when.local).toMatch(new RegExp(`^${day}T09:00`));
  });

  test('posts are found by words and state', async () => {
    await page.goto('/posts');
    await page.getByLabel('Search posts').fill('ferry');
    await expect.poll(() => page.getByRole('link', { name: /colourist/ }).count()).toBe(0);
    await page.getByRole('link', { name: /old ferry/ }).waitFor();
    await page.getByLabel('State').selectOption('draft');
    await text('No post fits').waitFor();
  });
});

describe.skipIf(!hasBrowser)('accounts and settings', () => {
  afterEach(() => void seedAccounts.splice(5));

  test('a form drawn from the network’s settings; wrong credentials stand beside their field', async () => {
    await arrive();
    await page.goto('/accounts');
    await button('Connect an account').click();
    await shoot(page, 'networks-dialog-desktop-light');
    await button('Bluesky').click();
    await page.getByLabel('Handle').fill('new.example');
    await page.getByLabel('App password').fill('wrong');
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await text('Bluesky: Invalid identifier or password.').waitFor();
    await shoot(page, 'connect-dialog-desktop-light');
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByLabel('App password').fill('right');
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await text('new.example is connected.').waitFor();
    expect(sent('POST', '/api/accounts').at(-1)!.body).toEqual({
      network: 'bluesky',
      settings: { identifier: 'new.example', app_password: 'right', service: 'https://bsky.social' },
    });
  });

  test('a key made by the server is shown once', async () => {
    await arrive();
    await page.goto('/accounts');
    await button('Connect an account').click();
    await button('Nostr').click();
    await page.getByRole('button', { name: 'Connect', exact: true }).click();
    await text('is shown only now').waitFor();
    expect(await page.getByLabel('Secret key').inputValue()).toBe('nsec1exampleexample');
    expect((sent('POST', '/api/accounts')[0]!.body as { settings: unknown }).settings).toEqual({ relays: ['wss://relay.damus.io', 'wss://nos.lol'] });
  });

  test('test, pause, slots, disconnect', async () => {
    await arrive();
    await page.goto('/accounts');
    const card = page.getByRole('listitem', { name: 'harbour.studio on Bluesky' });
    await card.getByRole('button', { name: 'Test' }).click();
    await card.getByText('It works.').waitFor();
    await card.getByText('Queue slots').click();
    await card.getByText('09:00').waitFor();
    await card.getByRole('button', { name: 'Add a slot' }).click();
    await card.getByLabel('Time', { exact: true }).fill('17:30');
    await card.getByRole('button', { name: 'Add the slot' }).click();
    await card.getByText('17:30').waitFor();
    await shoot(page, 'slots-desktop-light');
    await card.getByRole('button', { name: 'More for harbour.studio' }).click();
    await page.getByRole('menuitem', { name: 'Pause' }).click();
    await card.getByText('Paused', { exact: true }).waitFor();
    await card.getByRole('button', { name: 'More for harbour.studio' }).click();
    await page.getByRole('menuitem', { name: 'Disconnect' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Disconnect' }).click();
    await expect.poll(() => card.count()).toBe(0);
  });

  test('a token is shown once, an invitation is a link to this page', async () => {
    await arrive();
    await page.goto('/settings/tokens');
    await page.getByLabel('Name').fill('script');
    await button('Make a token').click();
    expect(await page.getByLabel('Token “script”').inputValue()).toContain('st_');
    await page.getByRole('link', { name: 'People' }).click();
    await button('Make a link').click();
    expect(await page.getByLabel('Invitation link').inputValue()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/register\?invitation=inv_8c1$/);
  });

  test('the theme can be chosen and stays', async () => {
    await arrive();
    await page.goto('/settings/appearance');
    await page.getByText('Dark', { exact: true }).click();
    await page.reload();
    expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark');
  });

  test('by keyboard alone: skip link, menu, dialog and back', async () => {
    await arrive();
    await page.goto('/accounts');
    await button('Connect an account').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
    expect(await page.evaluate('document.activeElement.textContent.trim()')).toBe('Connect an account');
  });

  test('on a phone the rest is behind More', async () => {
    await arrive({ small: true });
    await page.goto('/trends');
    await button('More').click();
    await page.getByRole('menuitem', { name: 'Accounts' }).click();
    await page.getByRole('heading', { name: 'Accounts' }).waitFor();
  });
});
