export { orderLateEvent } from './order-late-event.ts';
export { orderPayment } from './order-payment.ts';
export { sweepOrders } from './sweep-orders.ts';
