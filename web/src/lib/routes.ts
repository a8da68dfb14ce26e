// routes.ts - the pages, who may see them, and the chunk each is loaded from.

import type { MessageKey } from './i18n.js';

export interface Route {
  readonly tag: string;
  readonly title: MessageKey;
  /** guest: only while nobody is signed in; second: between the two steps; link: always (from a message). */
  readonly who: 'guest' | 'second' | 'user' | 'link';
  readonly load: () => Promise<unknown>;
}

export const kRoutes: Readonly<Record<string, Route>> = {
  '/': { tag: 'page-home', title: 'home.title', who: 'user', load: () => import('../pages/home.js') },
  '/sign-in': { tag: 'page-sign-in', title: 'sign_in.title', who: 'guest', load: () => import('../pages/sign_in.js') },
  '/verify': { tag: 'page-second-step', title: 'second.title', who: 'second', load: () => import('../pages/second_step.js') },
  '/register': { tag: 'page-register', title: 'register.title', who: 'guest', load: () => import('../pages/register.js') },
  '/confirm-email': { tag: 'page-confirm-email', title: 'confirm.title', who: 'link', load: () => import('../pages/confirm_email.js') },
  '/forgot-password': { tag: 'page-forgot-password', title: 'forgot.title', who: 'guest', load: () => import('../pages/forgot_password.js') },
  '/reset-password': { tag: 'page-reset-password', title: 'reset.title', who: 'link', load: () => import('../pages/reset_password.js') },
  '/recover': { tag: 'page-recover', title: 'recover.title', who: 'link', load: () => import('../pages/recover.js') },
  '/not-me': { tag: 'page-not-me', title: 'not_me.title', who: 'link', load: () => import('../pages/not_me.js') },
  '/account': { tag: 'page-account', title: 'account.title', who: 'user', load: () => import('../pages/account.js') },
  '/account/history': { tag: 'page-history', title: 'history.title', who: 'user', load: () => import('../pages/history.js') },
  '/security': { tag: 'page-security', title: 'security.title', who: 'user', load: () => import('../pages/security.js') },
  '/after-backup-code': { tag: 'page-after-backup', title: 'after.title', who: 'user', load: () => import('../pages/after_backup.js') },
};

export const kNotFound: Route = {
  tag: 'page-not-found',
  title: 'not_found.title',
  who: 'link',
  load: () => import('../pages/not_found.js'),
};

export function routeFor(path: string): Route {
  return Object.hasOwn(kRoutes, path) ? kRoutes[path]! : kNotFound;
}
