// Repeating, many at once, approval, pause, audit: what people do, by role and label as they find it.
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MockServer } from '../mock-server/server';
import { accessibilityProblems, desktop, dist, hasBrowser, launch, shoot, visit, type Visit } from './browser';

let browser: Browser;
let server: MockServer;
let here: Visit;
let page: Page;

beforeAll(async () => {
  if (hasBrowser) browser = await launch();
});
afterAll(() => browser?.close());
beforeEach(async () => {
  server = new MockServer({ folder: dist });
  server.signedIn = true;
  here = await visit(browser, await server.start(), desktop);
  page = here.page;
});
afterEach(async () => {
  const complaints = here?.complaints.splice(0) ?? [];
  await here?.close();
  await server?.stop();
  expect(complaints).toEqual([]);
});

const sent = (method: string, path: RegExp) => server.seen.filter((call) => call.method === method && path.test(call.path));
const button = (name: string | RegExp) => page.getByRole('button', { name });
const text = (words: string | RegExp) => page.getByText(words).first();
const workspace = (change: object) => {
  server.user = { ...server.user, workspace: { ...server.user.workspace, ...change } };
};

describe.skipIf(!hasBrowser)('planning', () => {
  test('a post that repeats: rule, preview with a clock change, a date left out', async () => {
    await page.goto('/compose?repeat=1');
    await page.getByRole('region', { name: 'Content of the post' }).getByRole('textbox').fill('Every Sunday night');
    await page.getByText('harbour.studio').first().click();
    await page.getByLabel('First time').fill('2027-03-21T02:30');
    await text(/02:30 does not exist on that day/).waitFor();
    await button('Leave out Sun 21 Mar, 02:30').click();
    await text('Put back').waitFor();
    await page.getByLabel('Ends').selectOption('after');
    await page.getByLabel('Number of times').fill('8');
    await shoot(page, 'repeat-clock-change-desktop-light');
    expect(await accessibilityProblems(page)).toEqual([]);
    await button('Start repeating').click();
    await text('Posts that are waiting').waitFor();
    expect(sent('POST', /^\/api\/series$/)[0]!.body).toMatchObject({
      repeat: { local: '2027-03-21T02:30', time_zone: 'Europe/Paris', rrule: 'FREQ=WEEKLY;BYDAY=SU;COUNT=8', exdates: ['2027-03-21'] },
    });
  });

  test('a repeated text is pointed out while writing, once for all accounts', async () => {
    await page.goto('/compose');
    await page.getByRole('region', { name: 'Content of the post' }).getByRole('textbox').fill('Tell it again');
    await page.getByText('harbour.studio').first().click();
    await page.getByText('newsroom.example').first().click();
    await page.getByRole('status', { name: 'Please note' }).getByText('harbour.studio, newsroom.example: The same text goes').waitFor();
    await shoot(page, 'warned-desktop-light');
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  test('an expert rule that is refused is explained beside its field', async () => {
    await page.goto('/compose?repeat=1');
    await page.getByLabel('Repeats').selectOption('RAW');
    await page.getByLabel('Rule').fill('FREQ=MINUTELY');
    await text(/FREQ is one of HOURLY/).waitFor();
  });

  test('one post of a series: this one, this and following, all', async () => {
    const one = server.posts.find((post) => post.series)!;
    await page.goto(`/posts/${one.id}`);
    await button('Edit').click();
    await shoot(page, 'scope-dialog-desktop-light');
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByLabel('This and those after it').check();
    await page.getByRole('dialog').getByRole('button', { name: 'Edit' }).click();
    await text(/This one and those after it, from/).waitFor();
    await button('Save the series').click();
    await expect.poll(() => sent('PUT', /^\/api\/series\//).length).toBe(1);
    expect((sent('PUT', /^\/api\/series\//)[0]!.body as { repeat: { local: string } }).repeat.local).toBe(one.series!.occurrence.slice(0, 16));
    await page.goto(`/series/${server.series.find((series) => series.state === 'active' && !series.problem)!.id}`);
    await button('Stop').click();
    await button('Stop it').click();
    await text('No further posts are made').waitFor();
  });

  test('many at once: errors and warnings by row, only the right ones, then the calendar', async () => {
    await page.goto('/bulk');
    await button('Begin with an example').click();
    await text('0 with errors').waitFor();
    const table = page.getByRole('textbox', { name: 'Table' });
    await table.fill(`${await table.inputValue()}\nTell it again,bluesky:harbour.studio,2026-12-01T09:00,,\nTo whom?,@nobody,2026-12-02T09:00,,`);
    await text(/names `@nobody`/).waitFor();
    await text('The same text goes to this account').waitFor();
    await shoot(page, 'bulk-checked-desktop-light');
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await button('Schedule all 5').isDisabled()).toBe(true);
    await button('Only the 4 that are right').click();
    await text('4 posts are scheduled').waitFor();
    expect(sent('POST', /bulk$/).at(-1)!.body).toMatchObject({ dry_run: false, mode: 'good_rows' });
  });

  test('the queue of what waits: approve the version that was read, send a series back', async () => {
    workspace({ approval_required: true, self_approval: false });
    await page.goto('/approvals');
    await text('Nobody approves what they wrote or changed last').waitFor();
    await shoot(page, 'approvals-queue-desktop-light');
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('listitem', { name: /^Post by/ }).getByRole('button', { name: 'Approve' }).click();
    await expect.poll(() => sent('POST', /approve$/)[0]?.headers['if-match']).toBe('"3"');
    await page.getByRole('listitem', { name: /^Series by/ }).first().getByRole('button', { name: 'Send back' }).click();
    await page.getByLabel('Reason').fill('Not on Mondays.');
    await page.getByRole('dialog').getByRole('button', { name: 'Send back' }).click();
    await expect.poll(() => sent('POST', /series\/.*reject$/)[0]?.body).toEqual({ reason: 'Not on Mondays.' });
  });

  test('pausing everything is asked, said everywhere and taken back', async () => {
    await page.goto('/settings');
    await button('Pause all publishing').click();
    await button('Pause publishing').click();
    await text('Publishing is paused.').waitFor();
    await page.goto('/calendar');
    await text('Publishing is paused.').waitFor();
    await shoot(page, 'paused-desktop-light');
    expect(await accessibilityProblems(page)).toEqual([]);
    await button('Resume publishing').click();
    await text('Publishing is paused.').waitFor({ state: 'detached' });
    expect(server.user.workspace.paused).toBe(false);
  });

  test('four eyes in the settings, invitations revoked, the audit trail filtered', async () => {
    await page.goto('/settings');
    await page.getByLabel('Approval before publishing').click();
    await page.getByLabel('Always a second pair of eyes').click();
    await button('Save').click();
    await expect.poll(() => server.user.workspace.self_approval).toBe(false);
    await page.getByRole('link', { name: 'People', exact: true }).click();
    await button('Revoke the invitation as approver').click();
    await button('Revoke it').click();
    await text('nobody holds a link').waitFor();
    await page.getByRole('link', { name: 'Audit trail' }).click();
    await page.getByLabel('What').selectOption('member.');
    await text('changed a role').waitFor();
    await page.getByText('approved a post').waitFor({ state: 'detached' });
  });

  test('a decision about what surely did not go out offers no “it is there”', async () => {
    const one = server.posts.find((post) => post.state === 'needs_decision')!;
    one.targets[0]!.state_reason = 'It is 2 hours after its time, and you wanted to be asked. Nothing was published. Send it now, or give up?';
    server.withoutDoubt = true;
    await page.goto(`/posts/${one.id}`);
    await text('It was not published. What should happen now?').waitFor();
    expect(await button('It is there').count()).toBe(0);
    await button('Send it').click();
    await button('Send it now').click();
    await expect.poll(() => sent('POST', /decide$/)[0]?.body).toEqual({ decision: 'send_again' });
  });
});
