import type { RequestHandler } from 'express';

/** Headers that keep a browser from doing with our answers what nobody intended. */
export function securityHeaders(aasUrl: () => string): RequestHandler {
  return (request, response, next) => {
    response.set({
      'Content-Security-Policy': [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        `connect-src 'self' ${new URL(aasUrl()).origin}`,
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
      ].join('; '),
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
    });
    if (request.path.startsWith('/api/')) response.set('Cache-Control', 'no-store');
    next();
  };
}
