// Orders, the newest first, by state and by whose they are.
import { table, row, chip, link, choice, number, show, h } from '../dom.js'
import { at, money, since } from '../format.js'
import { get } from '../api.js'
import { go } from '../frame.js'
import { more } from './more.js'
import { shops } from './shops.js'

export function open(page) {
  const q = page.query
  const list = more((cursor) => get('/v1/orders', { state: q.state, open: !q.state && q.all !== 'yes', [q.by ?? 'shop']: q.id, cursor, limit: 50 }), 'orders')
  show(page.tools,
    choice('State', ['placed', 'accepted', 'ready', 'picked_up', 'delivered', 'cancelled', 'rejected'], q.state, (state) => go('/orders', { ...q, state }), 'open'),
    h('label', { class: 'choice' }, h('span', null, 'Shop'), h('input', { value: q.by ? '' : q.id, size: 12, onchange: (e) => go('/orders', { ...q, by: '', id: e.target.value.trim() }) })))
  page.keep(async () => ({ orders: await list.load(), shop: await shops() }), ({ orders, shop }) => [
    table('Orders', ['Order', 'State', 'Shop', 'Customer', 'Courier', 'Price#', 'Placed', 'Last change'], orders.map((o) => row(o.id,
      link('/orders/' + o.id, o.id.slice(0, 12)), chip(o.state), shop(o.shop), o.customer, o.courier ? link('/couriers/' + o.courier, o.courier) : '',
      number(money(o.price.total, o.price.currency)), at(o.placedAt), since(o.closedAt ?? o.pickedUpAt ?? o.readyAt ?? o.acceptedAt ?? o.placedAt))), 'No orders'),
    list.button(page),
  ], { on: (f) => f.t === 'order.changed' })
}
