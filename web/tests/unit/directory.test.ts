import { describe, expect, test } from 'vitest';
import { placesOf } from '@/accounts/directory';

const account = (id: string, network: string, handle: string, url = '', display_name = handle) => ({ id, network, handle, url, display_name, remote_id: id });
const networks = new Map([
  ['mastodon', { label: 'Mastodon' }],
  ['discord', { label: 'Discord' }],
]);

describe('where accounts are', () => {
  test('one of a kind is on its network', () => {
    const places = placesOf([account('1', 'mastodon', '@ada', 'https://one.example/@ada'), account('2', 'discord', '@ada')], networks);
    expect([...places.values()]).toEqual(['Mastodon', 'Discord']);
  });
  test('the server tells those of one name apart', () => {
    const places = placesOf([account('1', 'mastodon', '@ada', 'https://one.example/@ada'), account('2', 'mastodon', '@ada', 'https://two.example/@ada')], networks);
    expect([...places.values()]).toEqual(['Mastodon · one.example', 'Mastodon · two.example']);
  });
  test('where the server is the same, another name or the number does', () => {
    const [url, name] = ['https://discord.example/x', 'News'];
    expect(placesOf([account('1', 'discord', name, url, 'For all'), account('2', 'discord', name, url, 'For us')], networks).get('2')).toBe('Discord · For us');
    expect(placesOf([account('1', 'discord', name, url), account('2', 'discord', name, url)], networks).get('2')).toBe('Discord · 2');
  });
  test('a network that the page does not know keeps its id', () => {
    expect(placesOf([account('1', 'new', 'x')], networks).get('1')).toBe('new');
  });
});
