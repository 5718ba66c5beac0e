// The audit trail in words: what was done, and by which way.
import type { Schemas } from '@/api/client';

type Entry = Schemas['AuditEntry'];

// The kinds that one can filter by, in the server's names.
export const kinds = [
  { value: '', label: 'Everything' },
  { value: 'post.', label: 'Posts' },
  { value: 'series.', label: 'Repeating posts' },
  { value: 'bulk.', label: 'Many at once' },
  { value: 'account.', label: 'Accounts' },
  { value: 'member.', label: 'People' },
  { value: 'invitation.', label: 'Invitations' },
  { value: 'token.', label: 'Access tokens' },
  { value: 'workspace.', label: 'Workspace' },
];

const words: Record<string, string> = {
  'post.approved': 'approved a post',
  'post.sent_back': 'sent a post back',
  'post.decided': 'decided about a post',
  'series.made': 'made a repeating post',
  'series.changed': 'changed a repeating post',
  'series.stopped': 'stopped a repeating post',
  'series.approved': 'approved a repeating post',
  'series.sent_back': 'sent a repeating post back',
  'series.deleted': 'deleted a repeating post',
  'bulk.made': 'scheduled many posts at once',
  'account.connected': 'connected an account',
  'account.disconnected': 'disconnected an account',
  'account.paused': 'paused an account',
  'account.resumed': 'resumed an account',
  'member.joined': 'joined',
  'member.left': 'left',
  'member.removed': 'removed a person',
  'member.role_changed': 'changed a role',
  'invitation.made': 'made an invitation',
  'invitation.revoked': 'revoked an invitation',
  'token.made': 'made an access token',
  'token.revoked': 'revoked an access token',
  'workspace.changed': 'changed the workspace',
  'workspace.paused': 'paused all publishing',
  'workspace.resumed': 'resumed publishing',
};

export function wordsOfAction(action: string): string {
  return words[action] ?? action.replace(/[._]+/g, ' ');
}

export function wordsOfWay(via: Entry['via']): string {
  return via === 'token' ? 'with an access token' : '';
}
