// A media link as this page may load it: links to this server become relative, so that an address other than PUBLIC_URL
// (localhost, a LAN name) passes the Content-Security-Policy too. The signature covers only path and query.
export function loadableUrl(url: string): string {
  try {
    const parsed = new URL(url, window.location.href);
    return parsed.pathname.startsWith('/media/') ? parsed.pathname + parsed.search : parsed.href;
  } catch {
    return '';
  }
}
