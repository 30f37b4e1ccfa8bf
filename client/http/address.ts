import { recoupError } from '../errors.ts';

/** Without a slash at its end. @throws `settings_invalid` where no gateway can be: not only after all sends have failed. */
export function gatewayAddress(baseUrl: unknown, setting = 'baseUrl'): string {
  if (typeof baseUrl !== 'string' || !isWebAddress(baseUrl)) {
    throw recoupError('settings_invalid', `${setting} must be an http or https address`);
  }
  return baseUrl.replace(/\/+$/, '');
}

/** @throws `settings_invalid` where no header can carry it. */
export function checkedApiKey(apiKey: unknown): string {
  if (typeof apiKey === 'string' && /^[\x21-\x7e]+$/.test(apiKey)) return apiKey;
  throw recoupError('settings_invalid', 'apiKey must be an API key: printable ASCII without spaces');
}

/** What `fetch` takes, and a path can be put behind. */
function isWebAddress(text: string): boolean {
  if (!/^https?:\/\/[^\s?#@]+$/i.test(text)) return false;
  return URL.canParse(text);
}
