import type { Payment, Session } from './model.ts';

/** Html of the pages on which a buyer goes on. Forms only: they work without JavaScript, and from a command line. */
export function challengePage(payment: Payment): string {
  const buttons = [
    button('decision', 'authenticate', 'Authenticate'),
    button('decision', 'fail', 'Fail'),
    button('decision', 'abandon', 'Abandon'),
  ];
  return layout('Confirm your payment', payment, `<form method="post">${buttons.join(' ')}</form>`);
}

export function sessionPage(session: Session, notice: string | null): string {
  const title = session.kind === 'hosted' ? 'Checkout' : 'Invoice';
  const told = notice === null ? '' : `<p role="alert">${escapeHtml(notice)}</p>`;
  const forms = `<form method="post">${button('decision', 'pay', 'Pay')} ${button('decision', 'decline', 'Be declined')}</form>
<form method="post"><label>Or pay with a token <input name="token" size="50" value="sim:${session.processor}=ok" autocomplete="off"></label>
<button>Pay with token</button></form>`;
  return layout(title, session, told + forms);
}

export function closingPage(of: Payment | Session, text: string): string {
  return layout('Nothing more to do here', of, `<p>${escapeHtml(text)}</p>`);
}

interface Shown {
  processor: string;
  orderId: string;
  amountMinor: number;
  currency: string;
}

function layout(title: string, shown: Shown, content: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title} – ${shown.processor}</title>
<style>body{font:16px/1.5 system-ui;max-width:34rem;margin:3rem auto;padding:0 1rem}button{font:inherit;padding:.4rem 1rem}</style>
</head><body><main><h1>${title}</h1>
<p>Pretend processor <strong>${shown.processor}</strong>, order <strong>${escapeHtml(shown.orderId)}</strong>:
<strong>${shown.amountMinor} ${escapeHtml(shown.currency)}</strong> (minor units). No real money moves here.</p>
${content}</main></body></html>
`;
}

function button(name: string, value: string, label: string): string {
  return `<button name="${name}" value="${value}">${label}</button>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
