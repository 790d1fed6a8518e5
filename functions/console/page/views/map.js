// The live map: who is where, what is on its way, and what needs somebody.
import { h, table, row, chip, link, show } from '../dom.js'
import { since, whole } from '../format.js'
import { get } from '../api.js'
import { watch } from '../live.js'
import { MapCanvas } from '../canvas.js'
import { roads } from './roads.js'

const followed = 60 // couriers on screen whose every fix is shown

export function open(page) {
  const map = new MapCanvas(({ kind, id }) => {
    location.hash = { courier: '/couriers/', order: '/orders/', shop: '/catalogues/' }[kind] + encodeURIComponent(id)
  })
  page.onEnd(() => map.end())
  page.map = map
  loadGround(page, map)
  follow(page, map)
  fleet(page, map)
  page.keep(() => load(), (data) => draw(map, data), { on: (f) => f.t === 'order.changed' || f.t === 'order.unassigned', about: ['/v1/shops'], every: 60 })
}

// load asks for what is open. The newest are enough to see how it goes; the
// counts are of all.
async function load() {
  const [open, lost, shops] = await Promise.all([
    get('/v1/orders', { open: true, limit: 200 }), get('/v1/dispatch', { state: 'unassigned', limit: 200 }), get('/v1/shops', { limit: 200 }),
  ])
  return { orders: open.orders, more: open.next, lost: new Set((lost.searches ?? []).map((s) => s.order)), shops: shops.shops ?? [] }
}

function draw(map, { orders, more, lost, shops }) {
  map.setBusy(new Set(orders.map((o) => o.courier).filter(Boolean)))
  map.setMarks([
    ...shops.map((s) => ({ kind: 'shop', id: s.id, label: s.name, ...s.point })),
    ...orders.map((o) => ({ kind: 'order', id: o.id, label: `order ${o.id}: ${o.state}`, alarm: lost.has(o.id), carried: o.state === 'picked_up' && o.courier, ...(o.state === 'picked_up' ? o.dropoff : o.pickup).point })),
  ])
  const states = Object.groupBy(orders, (o) => o.state)
  const count = (s) => whole(states[s]?.length ?? 0) + (more ? '+' : '')
  return [
    h('div', { class: 'split' }, map.element, h('section', { class: 'beside', 'aria-label': 'Orders under way' },
      h('ul', { class: 'counts' },
        [['placed', 'placed'], ['accepted', 'in kitchens'], ['ready', 'ready'], ['picked_up', 'on the way']].map(([s, t]) => h('li', { 'data-key': s }, h('a', { href: `#/orders?state=${s}` }, h('b', null, count(s)), t))),
        h('li', { 'data-key': 'lost', class: lost.size ? 'alarm' : null }, h('a', { href: '#/dispatch' }, h('b', null, whole(lost.size)), 'no courier')),
        h('li', { 'data-key': 'fleet' }, h('a', { href: '#/couriers' }, h('b', { id: 'fleet-size' }, whole(map.size)), 'couriers'))),
      table('Newest open orders', ['Order', 'State', 'Shop', 'Placed'], orders.slice(0, 60).map((o) => row(o.id, link('/orders/' + o.id, o.id.slice(0, 8)), chip(lost.has(o.id) ? 'unassigned' : o.state), o.shop, since(o.placedAt))), 'No order is under way'))),
  ]
}

// loadGround draws what does not move. The map works without it.
async function loadGround(page, map) {
  const [zones, lines] = await Promise.all([get('/v1/zones', { limit: 200 }).catch(() => null), roads()])
  map.setAreas((zones?.zones ?? []).map((z) => z.area ?? []).filter((a) => a.length > 2))
  if (lines) map.setRoads(lines)
}

// fleet loads where everybody is, now and then all of it, and takes what the
// gateway tells meanwhile.
function fleet(page, map) {
  const all = async () => {
    const f = await get('/v1/fleet').catch(() => null)
    if (!f) return
    map.only(new Set(f.couriers))
    f.couriers.forEach((id, i) => map.move(id, f.lat[i], f.lng[i], f.seen[i]))
    count()
  }
  const count = () => {
    const size = document.getElementById('fleet-size')
    if (size) show(size, whole(map.size))
  }
  all().then(() => map.size && page.data && page.redraw())
  const timer = setInterval(() => !document.hidden && all(), 60_000)
  page.onEnd(() => clearInterval(timer))
  page.watch('fleet:all')
  page.hear((f) => {
    if (f.t === 'fleet.moved') {
      for (const [id, lat, lng, seen] of f.d.moved) map.move(id, lat, lng, seen)
      count()
    }
    if (f.t === 'courier.moved') map.move(f.d.courier, f.d.lat, f.d.lng, Date.parse(f.d.at) / 1000)
    if (f.t === 'connection.resumed') all()
  })
}

// follow watches each courier on screen, where they are few: then every fix is
// shown at once.
function follow(page, map) {
  const watched = new Map()
  const timer = setInterval(() => {
    const ids = new Set(map.inView(followed) ?? [])
    for (const [id, leave] of watched) if (!ids.has(id) && watched.delete(id)) leave()
    for (const id of ids) if (!watched.has(id)) watched.set(id, watch('courier:' + id))
  }, 1500)
  page.onEnd(() => {
    clearInterval(timer)
    for (const leave of watched.values()) leave()
  })
}
