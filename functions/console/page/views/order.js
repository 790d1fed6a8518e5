// One order: what became of it and when, who was asked to carry it and why, the
// way it went, and every record about it.
import { h, table, row, chip, link, facts, number, show, ask, field, title } from '../dom.js'
import { at, money, span } from '../format.js'
import { get, post, id } from '../api.js'
import { MapCanvas } from '../canvas.js'
import { records } from './records.js'
import { entries } from './ledger.js'
import { roads } from './roads.js'
import { shops } from './shops.js'
import { way } from '../way.js'

const steps = [['placedAt', 'placed'], ['acceptedAt', 'accepted'], ['assignedAt', 'courier assigned'], ['readyAt', 'ready'], ['pickedUpAt', 'picked up'], ['deliveredAt', 'delivered']]
const searches = { waiting: 'looking for a courier', carried: 'has a courier', unassigned: 'no courier found' }
const actions = { accept: 'Accept order', reject: 'Reject order', ready: 'Mark as ready', pickup: 'Mark as picked up', deliver: 'Mark as delivered', cancel: 'Cancel order' }
const maybe = (promise) => promise.catch(() => null)

export function open(page) {
  const order = page.params.order
  const path = '/v1/orders/' + id(order)
  const map = new MapCanvas(() => {}, 'marks')
  let ground = null
  roads().then((lines) => (ground = lines) && map.setRoads(lines))
  page.onEnd(() => map.end())
  page.name('Order ', h('code', null, order))
  page.watch('order:' + order)
  page.hear((f) => f.t === 'courier.moved' && f.s === 'order:' + order && map.move(f.d.courier, f.d.lat, f.d.lng, Date.parse(f.d.at) / 1000))
  page.keep(async () => {
    const [o, search, rounds, trail, log, shop] = await Promise.all([
      get(path), maybe(get('/v1/dispatch/' + id(order))), maybe(get(`/v1/dispatch/${id(order)}/rounds`, { limit: 20 })), maybe(get(path + '/trail')),
      maybe(get('/v1/logs', { entity: 'order:' + order, limit: 200 })), shops(),
    ])
    const newest = rounds?.rounds?.[0]
    const round = newest && (await maybe(get('/v1/rounds/' + newest.id)))
    const where = o.courier && o.open ? await maybe(get(`/v1/couriers/${id(o.courier)}/location`)) : null
    return { o, search, rounds: rounds?.rounds ?? [], round, trail, log, where, shop }
  }, (data) => draw(page, map, ground, data), { on: (f) => f.d?.order === order || f.k === 'order:' + order, about: ['order:' + order, path] })
}

function draw(page, map, ground, { o, search, rounds, round, trail, log, where, shop }) {
  if (where) map.move(where.courier, where.lat, where.lng, Date.parse(where.at) / 1000)
  const ends = [{ kind: 'shop', id: o.shop, ...o.pickup.point }, { kind: 'order', id: o.id, ...o.dropoff.point }]
  const points = (trail?.legs ?? []).map((l) => (l.trail ?? []).flatMap((p) => [p.lng, p.lat]))
  map.setMarks(ends)
  map.setBusy(new Set([where?.courier]))
  map.setTrail(points, o.open && where && ground ? ahead(o, where, ground) : [])
  show(page.tools, (o.allowed ?? []).filter((a) => actions[a]).map((a) => h('button', { type: 'button', class: danger(a) ? 'danger' : 'quiet', onclick: () => act(page, o, a) }, actions[a])))
  return [
    h('div', { class: 'lead' }, chip(o.state), search && searches[search.state] && chip(search.state, searches[search.state]), o.closing && h('span', null, `${o.closing.by}: ${o.closing.reason}`)),
    h('div', { class: 'columns' },
      h('section', null, h('h2', null, 'Time line'), timeline(o), h('h2', null, 'Contents'), lines(o)),
      h('section', null, h('h2', null, 'Way'), map.element,
        facts([['Shop', shop(o.shop)], ['From', o.pickup.address], ['To', o.dropoff.address], ['Note', o.dropoff.note], ['Customer', o.customer],
          ['Courier', o.courier && link('/couriers/' + o.courier, o.courier)], ['Zone', o.zone], ['Gone so far', trail?.legs?.length > 0 && (trail.legs.reduce((m, l) => m + l.metres, 0) / 1000).toFixed(1) + ' km'],
          ['Photo', o.proofUrl && photo(o.proofUrl)],
          ['Rating', o.rating && `courier ${o.rating.courier}/5, shop ${o.rating.shop}/5 ${o.rating.text ?? ''}`]]))),
    h('section', null, h('h2', null, 'Search for a courier'), search ? dispatch(page, search) : h('p', { class: 'empty' }, 'The shop has to accept first'),
      round && entries(round, o.id),
      rounds.length > 1 && table('Rounds', ['Round', 'When'], rounds.map((r) => row(r.id, link('/rounds/' + r.id, r.id.slice(0, 12)), at(r.at))))),
    h('section', null, h('h2', null, 'Everything about it'), log ? records(log.records) : h('p', { class: 'empty problem' }, 'The records cannot be read')),
  ]
}

// ahead is what is left of the way: to the shop, and to the door.
function ahead(o, where, lines) {
  const stops = o.state === 'picked_up' ? [o.dropoff.point] : [o.pickup.point, o.dropoff.point]
  return stops.map((to, i) => way(lines, i ? stops[i - 1] : where, to)).filter(Boolean)
}

// photo shows what proves the delivery: here, where it is served by this host.
function photo(url) {
  const here = url.startsWith(location.origin + '/') || /^\/[^/]/.test(url)
  return h('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, here ? h('img', { class: 'proof', src: url, alt: 'What was left at the door' }) : 'of the delivery')
}

function timeline(o) {
  let before
  return h('ol', { class: 'timeline' }, steps.filter(([f]) => o[f]).sort((a, b) => Date.parse(o[a[0]]) - Date.parse(o[b[0]])).map(([f, text]) => {
    const took = before && span((Date.parse(o[f]) - before) / 1000)
    before = Date.parse(o[f])
    return h('li', { 'data-key': f }, h('b', null, title(text)), ' ', at(o[f]), took && h('small', null, ' after ' + took))
  }), !o.open && !o.deliveredAt && h('li', { 'data-key': 'over' }, h('b', null, title(o.state)), ' ', at(o.closedAt)), o.open && o.promisedAt && !o.readyAt && h('li', { 'data-key': 'promised', class: 'ahead' }, h('b', null, 'Promised ready'), ' ', at(o.promisedAt)))
}

function lines(o) {
  const m = (n) => number(money(n, o.price.currency))
  const sums = [['items', 'Items'], ['discount', 'Discount'], ['delivery', 'Delivery'], ['service', 'Service'], ['tip', 'Tip'], ['total', 'Total']]
  return table('Contents', ['Item', 'Quantity#', 'Price#'], [
    ...o.lines.map((l) => row(l.item, l.name, number(l.quantity), m(l.total))),
    ...sums.filter(([f]) => o.price[f]).map(([f, t]) => row('sum-' + f, f === 'total' ? h('b', null, t) : t, '', m(f === 'discount' ? -o.price[f] : o.price[f]))),
  ])
}

function dispatch(page, s) {
  const open = s.state === 'waiting' || s.state === 'carried' || s.state === 'unassigned'
  return [
    h('div', { class: 'actions start' }, h('span', null, `Search ${s.gen}, round ${s.round}. `, s.winner && ['Carried by ', link('/couriers/' + s.winner, s.winner), s.manual && ', chosen by an operator', '.']),
      open && h('button', { type: 'button', class: 'quiet', onclick: () => pin(page, s) }, 'Choose a courier'),
      open && h('button', { type: 'button', class: 'quiet', onclick: () => again(page, s) }, 'Search anew')),
    table('Offers', ['Courier', 'Outcome', 'Round#', 'Asked', 'Until'], (s.offers ?? []).map((f) => row(`${f.gen}-${f.round}-${f.courier}`, link('/couriers/' + f.courier, f.courier), chip(f.state), number(f.round), at(f.at), at(f.expires))), 'Nobody was asked yet'),
  ]
}

const danger = (a) => a === 'cancel' || a === 'reject'

async function act(page, o, action) {
  const fields = danger(action) ? [field('Reason', h('input', { name: 'reason', required: true, maxlength: 500 }), 'The customer sees it.')] : []
  const given = await ask({ title: `${actions[action]}: order ${o.id.slice(0, 12)}`, text: 'This cannot be undone.', fields, action: actions[action], danger: danger(action) })
  if (given) page.act(`${actions[action]}: done`, () => post(`/v1/orders/${id(o.id)}/${action}`, Object.keys(given).length ? given : undefined))
}

async function pin(page, s) {
  const given = await ask({ title: 'Choose a courier', text: 'Whoever has the order loses it. Nobody but an operator changes that again.', fields: [field('Courier', h('input', { name: 'courier', required: true, maxlength: 64 }))], action: 'Give the order', danger: true })
  if (given) page.act(`${given.courier} has the order`, () => post(`/v1/dispatch/${id(s.order)}/pin`, given))
}

async function again(page, s) {
  if (await ask({ title: 'Search a courier anew?', text: s.winner ? `${s.winner} loses the order.` : 'Rounds begin again from the start.', action: 'Search anew', danger: !!s.winner })) page.act('Searching anew', () => post(`/v1/dispatch/${id(s.order)}/retry`))
}
