// Accounts and networks, as several screens need them: fetched once for each screen, followed live.
import { computed } from 'vue';
import { answer, api, type Schemas } from '@/api/client';
import { useResource } from '@/api/resource';
import { useLive } from '@/app/live';

export type Account = Schemas['Account'];
export type Network = Schemas['Network'];

// What this server can publish to does not change while it runs.
let networksOnce: Promise<Network[]> | undefined;

export function loadNetworks(): Promise<Network[]> {
  networksOnce ??= answer(api.GET('/api/networks')).then((page) => page.items);
  networksOnce.catch(() => (networksOnce = undefined));
  return networksOnce;
}

export function useDirectory() {
  const accounts = useResource(async () => (await answer(api.GET('/api/accounts'))).items);
  const networks = useResource(loadNetworks);
  useLive(['account'], accounts.refresh);

  const networkById = computed(() => new Map((networks.data.value ?? []).map((network) => [network.id, network])));
  const accountById = computed(() => new Map((accounts.data.value ?? []).map((account) => [account.id, account])));
  const placeById = computed(() => placesOf(accounts.data.value ?? [], networkById.value));
  return { accounts, networks, networkById, accountById, placeById };
}

type Placed = Pick<Account, 'id' | 'network' | 'handle' | 'display_name' | 'url' | 'remote_id'>;

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : '';
}

// Where each account is, in words: the network, and for those that would look alike what tells them apart.
export function placesOf(accounts: readonly Placed[], networks: ReadonlyMap<string, Pick<Network, 'label'>>): Map<string, string> {
  const marks: ((account: Placed) => string)[] = [(account) => hostOf(account.url), (account) => account.display_name, (account) => account.remote_id];
  return new Map(
    accounts.map((account) => {
      const label = networks.get(account.network)?.label ?? account.network;
      const twins = accounts.filter((other) => other.network === account.network && shownHandle(other) === shownHandle(account));
      const mark = marks.find((each) => each(account) !== '' && twins.every((twin) => twin === account || each(twin) !== each(account)));
      return [account.id, twins.length > 1 && mark ? `${label} · ${mark(account)}` : label];
    }),
  );
}

export function shownHandle(account: Pick<Account, 'handle' | 'display_name'>): string {
  return account.handle || account.display_name || 'Unnamed account';
}

interface RetryWords {
  safe: boolean;
  title: string;
  text: string;
}

const retryWords: Record<Network['retry_class'], RetryWords> = {
  safe_by_key: {
    safe: true,
    title: 'Never doubled',
    text: 'Each post carries a key. After a lost answer it is sent again safely.',
  },
  safe_by_lookup: {
    safe: true,
    title: 'Never doubled',
    text: 'After a lost answer we look on the network whether the post is there, and only then send again.',
  },
  blind: {
    safe: false,
    title: 'Asks you when unsure',
    text: 'This network cannot tell whether a post arrived. After a lost answer nothing is repeated without your word.',
  },
};

// A class that this page does not know promises nothing; the server's own note then says what there is to say.
export function wordsOfRetry(retry_class: string | undefined): RetryWords {
  const known = Object.entries(retryWords).find(([name]) => name === retry_class);
  return known?.[1] ?? { safe: false, title: 'If an answer is lost', text: 'This page does not know what happens then.' };
}
