// The screens. Trends comes with the first download, the rest when it is asked for.
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router';
import TrendsView from '@/trends/TrendsView.vue';
import { session } from './session';

declare module 'vue-router' {
  interface RouteMeta {
    title: string;
    // Shown without anyone signed in, and without the shell.
    open?: boolean;
  }
}

const routes: RouteRecordRaw[] = [
  { path: '/', redirect: '/trends' },
  { path: '/setup', name: 'setup', component: () => import('./SetupView.vue'), meta: { title: 'Welcome', open: true } },
  { path: '/sign-in', name: 'sign-in', component: () => import('./SignInView.vue'), meta: { title: 'Sign in', open: true } },
  {
    path: '/register',
    alias: ['/join', '/invitation', '/invitations/:token', '/invitation/:token', '/join/:token'],
    name: 'register',
    component: () => import('./RegisterView.vue'),
    meta: { title: 'Join', open: true },
  },
  { path: '/trends', name: 'trends', component: TrendsView, meta: { title: 'Trends' } },
  { path: '/trends/past', name: 'past-trends', component: () => import('@/trends/PastView.vue'), meta: { title: 'Past trends' } },
  {
    path: '/trends/:id',
    name: 'trend',
    component: () => import('@/trends/TrendView.vue'),
    props: true,
    meta: { title: 'Trend' },
  },
  { path: '/topics', name: 'topics', component: () => import('@/topics/TopicsView.vue'), meta: { title: 'My topics' } },
  { path: '/topics/new', name: 'new-topic', component: () => import('@/topics/TopicEditView.vue'), meta: { title: 'New topic' } },
  { path: '/topics/:id', name: 'topic', component: () => import('@/topics/TopicView.vue'), props: true, meta: { title: 'Topic' } },
  { path: '/topics/:id/edit', name: 'edit-topic', component: () => import('@/topics/TopicEditView.vue'), props: true, meta: { title: 'Edit the topic' } },
  { path: '/rules', name: 'rules', component: () => import('@/rules/RulesView.vue'), meta: { title: 'Rules' } },
  { path: '/rules/new', name: 'new-rule', component: () => import('@/rules/RuleEditView.vue'), meta: { title: 'New rule' } },
  { path: '/rules/:id', name: 'rule', component: () => import('@/rules/RuleView.vue'), props: true, meta: { title: 'Rule' } },
  { path: '/rules/:id/edit', name: 'edit-rule', component: () => import('@/rules/RuleEditView.vue'), props: true, meta: { title: 'Edit the rule' } },
  { path: '/compose', name: 'compose', component: () => import('@/posts/ComposeView.vue'), meta: { title: 'Write' } },
  { path: '/calendar', name: 'calendar', component: () => import('@/posts/CalendarView.vue'), meta: { title: 'Calendar' } },
  { path: '/posts', name: 'posts', component: () => import('@/posts/PostsView.vue'), meta: { title: 'Posts' } },
  { path: '/posts/:id', name: 'post', component: () => import('@/posts/PostView.vue'), props: true, meta: { title: 'Post' } },
  {
    path: '/posts/:id/edit',
    name: 'edit-post',
    component: () => import('@/posts/ComposeView.vue'),
    props: true,
    meta: { title: 'Edit post' },
  },
  { path: '/bulk', name: 'bulk', component: () => import('@/bulk/BulkView.vue'), meta: { title: 'Many at once' } },
  { path: '/approvals', name: 'approvals', component: () => import('@/approvals/ApprovalsView.vue'), meta: { title: 'Approvals' } },
  { path: '/series', name: 'all-series', component: () => import('@/series/AllSeriesView.vue'), meta: { title: 'Repeating posts' } },
  { path: '/series/:id', name: 'series', component: () => import('@/series/SeriesView.vue'), props: true, meta: { title: 'Repeating post' } },
  {
    path: '/series/:id/edit',
    name: 'edit-series',
    component: () => import('@/posts/ComposeView.vue'),
    props: (to) => ({ seriesId: String(to.params['id']) }),
    meta: { title: 'Edit the series' },
  },
  { path: '/accounts', name: 'accounts', component: () => import('@/accounts/AccountsView.vue'), meta: { title: 'Accounts' } },
  { path: '/sources', name: 'sources', component: () => import('@/sources/SourcesView.vue'), meta: { title: 'Sources' } },
  {
    path: '/settings/:section?',
    name: 'settings',
    component: () => import('@/settings/SettingsView.vue'),
    props: true,
    meta: { title: 'Settings' },
  },
  { path: '/:path(.*)*', name: 'nowhere', component: () => import('./NowhereView.vue'), meta: { title: 'Not found' } },
];

export const router = createRouter({
  history: createWebHistory(),
  routes,
  scrollBehavior(to, from, saved) {
    if (saved) return saved;
    return to.path === from.path ? undefined : { top: 0 };
  },
});

router.beforeEach((to) => {
  const status = session.status.value;
  if (status === 'needs_owner') return to.name === 'setup' || { name: 'setup' };
  if (status === 'signed_out' && !to.meta.open) return { name: 'sign-in', query: { to: to.fullPath } };
  if (status === 'signed_out' && to.name === 'setup') return { name: 'sign-in' };
  if (status === 'signed_in' && (to.name === 'setup' || to.name === 'sign-in')) return { name: 'trends' };
  return true;
});

router.afterEach((to, from) => {
  document.title = `${to.meta.title} · SocialTrend`;
  // Keyboard and screen-reader users start at the head of the new screen.
  if (from.name && to.path !== from.path) {
    requestAnimationFrame(() => document.querySelector<HTMLElement>('main h1')?.focus({ preventScroll: true }));
  }
});

// A new version was deployed while this tab stayed open: its old pieces are gone, so load the page afresh.
router.onError((error, to) => {
  if (/dynamically imported module|module script/i.test(String(error))) window.location.assign(to.fullPath);
});
