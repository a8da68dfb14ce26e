// errors.ts - a refusal, said to a person: what happened and what to do next, by the stable `code`.

import { ApiError } from '@twofold/elements/api';
import { t, type MessageKey } from './i18n.js';

/** "30 seconds", "2 minutes"; "a moment" when the server did not say. */
export function waitText(seconds: number | undefined): string {
  if (seconds === undefined) return t('error.wait_moment');
  if (seconds < 90) return t('error.wait_seconds', { count: Math.max(1, Math.ceil(seconds)) });
  return t('error.wait_minutes', { count: Math.ceil(seconds / 60) });
}

/**
 * @param special  texts for codes that mean something particular on the page at hand
 */
export function errorText(error: unknown, special: Partial<Record<string, MessageKey>> = {}): string {
  if (!(error instanceof ApiError)) return t('error.load');
  const own = special[error.code];
  if (own) return t(own);
  const wait = { wait: waitText(error.details.retryAfter) };
  switch (error.code) {
    case 'network':
      return t('error.network');
    case 'credentials_invalid':
      return t('error.credentials_invalid');
    case 'validation_failed':
    case 'malformed_json':
    case 'payload_too_large':
      return t('error.validation_failed');
    case 'password_invalid':
      return t('error.password_invalid');
    case 'link_invalid':
      return t('error.link_invalid');
    case 'rate_limited':
      return t('error.rate_limited', wait);
    case 'factor_locked':
      return t('error.factor_locked', wait);
    case 'unavailable':
    case 'overloaded':
      return t('error.unavailable', wait);
    case 'unauthenticated':
    case 'second_factor_required':
      return t('error.session');
    case 'csrf_required':
      return t('error.csrf_required');
    case 'origin_refused':
    case 'misdirected_host':
      return t('error.origin_refused');
    case 'reauthentication_required':
      return t('error.reauthentication_required');
    case 'challenge_expired':
    case 'challenge_closed':
      return t('error.challenge_expired');
    case 'forbidden':
      return t('error.forbidden');
    case 'not_found':
      return t('error.not_found');
    default:
      return t('error.internal', { id: error.details.requestId ?? '–' });
  }
}

/** The fields a 422 names, by the last part of their JSON pointer. */
export function refusedFields(error: unknown): readonly string[] {
  if (!(error instanceof ApiError) || error.code !== 'validation_failed') return [];
  return (error.details.errors ?? []).map((e) => e.pointer.replace(/^.*\//, ''));
}
