// My topics, rules, notices, past trends and filters: what people do, by role and label as they find it.
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

describe.skipIf(!hasBrowser)('topics and rules', () => {
  test('a topic is tried while it is written, a wrong expression is explained where it stands', async () => {
    await page.goto('/topics/new');
    await page.getByLabel('Name').fill('Auroras');
    const words = page.getByLabel('Words and phrases', { exact: true }).and(page.getByRole('textbox'));
    await words.fill('aurora');
    await words.press('Enter');
    await words.pressSequentially('polarlicht,');
    await page.getByRole('complementary').or(page.getByRole('region', { name: 'Try it' })).getByText('northernlights').waitFor();
    const sample = page.getByLabel('A text as people might write it');
    await sample.fill('An aurora over the town');
    await text('Found, by “aurora”.').waitFor();
    await page.getByLabel('But not with').and(page.getByRole('textbox')).fill('town');
    await page.getByLabel('But not with').and(page.getByRole('textbox')).press('Enter');
    await text(/but “town” excludes it/).waitFor();
    await text('More ways to find it').click();
    await button('Add an expression').first().click();
    await page.getByLabel('Regular expression 1', { exact: true }).fill('a(b');
    await text(/"a\(b" is not a regular expression: missing \)/).waitFor();
    await shoot(page, 'topic-wrong-expression-desktop-light');
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByLabel('Regular expression 1', { exact: true }).fill('kp-?index');
    await text(/"a\(b" is not/).waitFor({ state: 'detached' });
    await button('Make the topic').click();
    await page.getByRole('heading', { name: 'How often it is mentioned' }).waitFor();
    expect(sent('POST', /^\/api\/watch-lists$/)[0]!.body).toMatchObject({ name: 'Auroras', keywords: ['aurora', 'polarlicht'], exclude: ['town'], patterns: ['kp-?index'] });
  });

  test('trends are ranked by a topic, and back by everything', async () => {
    await page.goto('/topics');
    await page.getByRole('link', { name: 'What is rising in Northern lights' }).click();
    await text('80 % about your topic').waitFor();
    expect(await page.getByRole('list', { name: 'Trends, best first' }).getByRole('listitem').count()).toBe(1);
    await button('Everything').click();
    await text('sqlite 4 released').waitFor();
  });

  test('the order keeps still under the pointer, and renews itself when nobody reads', async () => {
    await page.clock.install();
    await page.goto('/trends');
    const list = page.getByRole('list', { name: 'Trends, best first' });
    const first = () => list.getByRole('listitem').first().getByRole('link').first().textContent();
    await text('#northernlights').waitFor();
    await list.getByRole('listitem').nth(1).hover();
    server.trends = [server.trends[1]!, server.trends[0]!, ...server.trends.slice(2)];
    server.tellTrends();
    await button(/change in the order/).waitFor();
    await page.clock.runFor(60_000);
    expect(await first()).toBe('#northernlights');
    await page.getByRole('heading', { name: 'Trends' }).hover();
    await page.clock.runFor(10_000);
    expect(await first()).toBe('#northernlights');
    await page.clock.runFor(15_000);
    expect(await first()).toBe('sqlite 4 released');
  });

  test('somebody else changed the topic meanwhile: theirs or mine', async () => {
    const list = server.lists[0]!;
    await page.goto(`/topics/${list.id}/edit`);
    await page.getByLabel('Name').fill('Mine');
    server.lists = [{ ...list, name: 'Theirs', version: 2 }, ...server.lists.slice(1)];
    await button('Save').click();
    await text('Somebody has changed this in the meantime.').waitFor();
    await button('Save mine all the same').click();
    await page.getByRole('heading', { name: 'Mine' }).waitFor();
  });

  test('a topic that a rule needs is not removed', async () => {
    await page.goto('/topics');
    await button('More about Northern lights').click();
    await page.getByRole('menuitem', { name: 'Remove' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
    await text('The rule "Draft what rises on auroras" needs this watch list.').waitFor();
  });

  test('a rule in plain words, tried on the last days, then started, then let rest', async () => {
    await page.goto(`/rules/new?topic=${server.lists[0]!.id}`);
    await text('something rises in “Northern lights”').waitFor();
    await page.getByText('harbour.studio').first().click();
    await page.getByLabel('What becomes of it').selectOption('slot');
    await page.getByLabel('Only at certain hours').click();
    await text('it is between 08:00 and 20:00 (Europe/Paris)').waitFor();
    await button('Try it').click();
    await text('It would have acted 5 times, of 5 stories of the topic.').waitFor();
    await page.getByLabel('Score at least').fill('30');
    await page.getByLabel('Different authors').focus();
    await text('It would have acted 2 times').waitFor();
    await shoot(page, 'rule-tried-desktop-light');
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByLabel('Name of the rule').fill('Lights out');
    await button('Start the rule').click();
    await page.getByRole('heading', { name: 'What it did, and why not' }).waitFor();
    expect(sent('POST', /^\/api\/rules$/)[0]!.body).toMatchObject({
      name: 'Lights out',
      trigger: { score_min: 30 },
      conditions: { from: '08:00', to: '20:00', time_zone: 'Europe/Paris' },
      post: { mode: 'slot', account_ids: [server.accounts[0]!.id] },
    });
    await page.getByRole('switch', { name: 'Lights out is on' }).click();
    await text('Lights out rests.').waitFor();
    expect(sent('PUT', /^\/api\/rules\//)[0]!.body).toMatchObject({ enabled: false, version: 1 });
  });

  test('a channel is added with its secret shown once, tested, and what failed is told', async () => {
    await page.goto('/settings/notices');
    await page.getByRole('listitem', { name: 'Studio mailbox' }).getByRole('button', { name: 'Test' }).click();
    await text(/must set SMTP_URL/).waitFor();
    await page.getByRole('listitem', { name: 'Team chat' }).getByRole('button', { name: 'Test' }).click();
    await text('The test arrived').waitFor();
    await page.getByText('Not delivered', { exact: true }).click();
    await text('#northernlights rises').waitFor({ state: 'detached' });
    await button('Add a channel').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Pager');
    await dialog.getByLabel('Address').fill('https://pager.example/hook');
    await dialog.getByLabel('An account broke').click();
    await shoot(page, 'channel-dialog-desktop-light');
    expect(await accessibilityProblems(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Add the channel' }).click();
    await text('It is shown only now').waitFor();
    expect(sent('POST', /^\/api\/notice-channels$/)[0]!.body).toMatchObject({ name: 'Pager', kind: 'webhook', about: ['rule', 'decision'] });
  });

  test('a topic is blocked from its trend and taken back in the settings; the past is searched', async () => {
    await page.goto(`/trends/${server.trends[0]!.id}`);
    await text('Out 17 minutes after it began to rise').waitFor();
    await button('More about this trend').click();
    await page.getByRole('menuitem', { name: 'Never show this topic' }).click();
    await text('#northernlights is blocked').waitFor();
    expect(sent('POST', /entries$/)[0]!.body).toEqual({ list: 'block', kind: 'topic', value: 'northernlights' });
    await page.goto('/settings/trends');
    await button('Take northernlights off the list').click();
    await text('Nothing on this list.').waitFor();
    await page.getByLabel('Hide what looks coordinated').click();
    await button('Save').click();
    await text('Saved.').waitFor();
    expect(server.filters).toMatchObject({ hide_flagged: true, hide_adult: true, entries: [] });
    await page.goto('/trends/past');
    await page.getByRole('searchbox', { name: 'Words' }).fill('glasses');
    await page.getByRole('link', { name: '#northernlights' }).first().waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'eclipse' }).waitFor();
    expect(page.url()).toContain('q=glasses');
  });
});
