// The live map: who is where, what is on its way, and what needs somebody.
import { h, table, row, chip, link, show } from '../dom.js'
import { since, whole } from '../format.js'
import { get } from '../api.js'
import { watch } from '../live.js'
import { MapCanvas } from '../canvas.js'
import { roads } from './roads.js'
import { Chosen } from './chosen.js'
import { Underway } from './underway.js'

const followed = 60 // couriers on screen whose every fix is shown
const seldom = 2000 // ms between two loads while orders come and go

export function open(page) {
  const orders = new Underway()
  const map = new MapCanvas((thing) => chosen.take(thing))
  const chosen = new Chosen(map, orders)
  page.onEnd(() => map.end())
  const lines = loadGround(page, map)
  follow(page, map)
  fleet(page, map)
  const again = setInterval(() => {
    if (page.data) page.redraw()
    lines.then((known) => chosen.draw(known))
  }, 1000)
  page.onEnd(() => clearInterval(again))
  page.keep(() => load(orders), (data) => draw(map, orders, data), { on: (f) => orders.hear(f) || f.t === 'order.unassigned', about: ['/v1/shops'], every: 60, calm: seldom })
}

async function load(orders) {
  const [lost, shops] = await Promise.all([get('/v1/dispatch', { state: 'unassigned', limit: 200 }), get('/v1/shops', { limit: 200 }), orders.load()])
  return { lost: new Set((lost.searches ?? []).map((s) => s.order)), shops: new Map((shops.shops ?? []).map((s) => [s.id, s])) }
}

function draw(map, orders, { lost, shops }) {
  const list = orders.list()
  map.setBusy(new Set(list.map((o) => o.courier).filter(Boolean)))
  map.setMarks([
    ...[...shops.values()].map((s) => ({ kind: 'shop', id: s.id, label: s.name, ...s.point })),
    ...list.map((o) => ({ kind: 'order', id: o.id, label: `order ${o.id.slice(0, 12)}`, alarm: lost.has(o.id), carried: o.state === 'picked_up' && o.courier, ...(o.state === 'picked_up' ? o.dropoff : o.pickup).point })),
  ])
  const states = Object.groupBy(list, (o) => o.state)
  const count = (s) => whole(states[s]?.length ?? 0) + (orders.more ? '+' : '')
  return [
    h('div', { class: 'split' }, map.element, h('section', { class: 'beside', 'aria-label': 'Orders under way' },
      h('ul', { class: 'counts' },
        [['placed', 'placed'], ['accepted', 'in kitchens'], ['ready', 'ready'], ['picked_up', 'on the way']].map(([s, t]) => h('li', { 'data-key': s }, h('a', { href: `#/orders?state=${s}` }, h('b', null, count(s)), t))),
        h('li', { 'data-key': 'lost', class: lost.size ? 'alarm' : null }, h('a', { href: '#/dispatch' }, h('b', null, whole(lost.size)), 'no courier')),
        h('li', { 'data-key': 'fleet' }, h('a', { href: '#/couriers' }, h('b', { id: 'fleet-size' }, whole(map.size)), 'couriers'))),
      table('Newest open orders', ['Order', 'State', 'Shop', 'Placed'], list.slice(0, 60).map((o) => row(o.id, link('/orders/' + o.id, o.id.slice(0, 8)), chip(lost.has(o.id) ? 'unassigned' : o.state), h('span', { class: 'name', title: o.shop }, shops.get(o.shop)?.name ?? o.shop), since(o.placedAt))), 'No order is under way'))),
  ]
}

// loadGround draws what does not move, and resolves to the roads. The map works
// without them.
async function loadGround(page, map) {
  const [zones, lines] = await Promise.all([get('/v1/zones', { limit: 200 }).catch(() => null), roads()])
  map.setAreas((zones?.zones ?? []).map((z) => z.area ?? []).filter((a) => a.length > 2))
  if (lines) map.setRoads(lines)
  return lines
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
  all().then(() => arrive(page, map, count))
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

// arrive asks for the newest positions while the fleet is small: the database has
// them some seconds later, which is long where a city has just begun.
function arrive(page, map, count) {
  let left = 10
  const timer = setInterval(async () => {
    if (left-- === 0 || map.size > 100) return clearInterval(timer)
    const { couriers } = await get('/v1/couriers', { onDuty: true, limit: 100 }).catch(() => ({}))
    if (!couriers?.length) return
    const { locations } = await get('/v1/locations', { courier: couriers.map((c) => c.id).join(',') }).catch(() => ({}))
    for (const l of locations ?? []) map.move(l.courier, l.lat, l.lng, Date.parse(l.at) / 1000)
    count()
  }, 1000)
  page.onEnd(() => clearInterval(timer))
}

// follow watches each courier on screen, where they are few: then every fix is
// shown at once.
function follow(page, map) {
  const watched = new Map()
  const timer = setInterval(() => {
    const ids = new Set(map.inView(followed) ?? [map.followed].filter(Boolean))
    for (const [id, leave] of watched) if (!ids.has(id) && watched.delete(id)) leave()
    for (const id of ids) if (!watched.has(id)) watched.set(id, watch('courier:' + id))
  }, 1500)
  page.onEnd(() => {
    clearInterval(timer)
    for (const leave of watched.values()) leave()
  })
}
