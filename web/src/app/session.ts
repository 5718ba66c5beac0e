// Who is signed in, in which workspace, with which rights. One per page.
import { computed, shallowReadonly, shallowRef, type ComputedRef } from 'vue';
import { answer, api, useSessionFor, type Schemas } from '@/api/client';
import { asProblem, type Problem } from '@/api/problem';
import { browserZone, isZone } from '@/posts/local_time';

export type SessionStatus = 'starting' | 'unreachable' | 'needs_owner' | 'signed_out' | 'signed_in';
type User = Schemas['User'];
type Role = Schemas['Role'];

const status = shallowRef<SessionStatus>('starting');
const user = shallowRef<User>();
const setup = shallowRef<Schemas['Setup']>();
const problem = shallowRef<Problem>();
// Asked to leave by the server (session expired), not by the person.
const expired = shallowRef(false);

export const session = {
  status: shallowReadonly(status),
  user: shallowReadonly(user),
  setup: shallowReadonly(setup),
  problem: shallowReadonly(problem),
  expired: shallowReadonly(expired),
};

export async function startSession(): Promise<void> {
  status.value = 'starting';
  try {
    setup.value = await answer(api.GET('/api/setup'));
  } catch (error) {
    problem.value = asProblem(error);
    status.value = 'unreachable';
    return;
  }
  if (setup.value.needs_owner) {
    status.value = 'needs_owner';
    return;
  }
  await recognise();
}

async function recognise(): Promise<void> {
  const { data, response } = await api.GET('/api/user').catch(() => ({ data: undefined, response: undefined }));
  if (response?.ok && data) enter(data);
  else leave();
}

export function enter(person: User): void {
  user.value = person;
  expired.value = false;
  if (setup.value?.needs_owner) setup.value = { ...setup.value, needs_owner: false };
  useSessionFor(person.csrf_token, () => {
    if (status.value !== 'signed_in') return;
    leave();
    expired.value = true;
  });
  status.value = 'signed_in';
}

// After a change of one's own name or of the workspace.
export function update(change: Partial<User>): void {
  if (user.value) user.value = { ...user.value, ...change };
}

// Somebody else may have paused the workspace or changed its settings.
export async function refreshSession(): Promise<void> {
  const { data, response } = await api.GET('/api/user').catch(() => ({ data: undefined, response: undefined }));
  if (response?.ok && data && status.value === 'signed_in') user.value = data;
}

// Into another of my workspaces: everything that is shown belongs to the one before, so the page starts anew.
export async function enterWorkspace(id: string): Promise<void> {
  await answer(api.POST('/api/workspaces/{id}/enter', { params: { path: { id } } }));
  window.location.assign('/trends');
}

function leave(): void {
  user.value = undefined;
  useSessionFor(null, () => undefined);
  status.value = 'signed_out';
}

export async function signOut(): Promise<void> {
  await answer(api.POST('/api/logout'));
  leave();
}

const ranks: Record<Role, number> = { viewer: 0, editor: 1, approver: 2, admin: 3, owner: 4 };

export function can(role: Role): boolean {
  return user.value !== undefined && ranks[user.value.role] >= ranks[role];
}

// The zone in which the workspace thinks.
export function useZone(): ComputedRef<string> {
  return computed(() => {
    const zone = user.value?.workspace.time_zone ?? '';
    return isZone(zone) ? zone : browserZone();
  });
}
