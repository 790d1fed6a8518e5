// How orders get their couriers: who waits for an operator, and the rounds of a
// zone.
import { h, table, row, chip, link, choice, number, show } from '../dom.js'
import { at, since, whole } from '../format.js'
import { get, id } from '../api.js'
import { go } from '../frame.js'
import { more } from './more.js'
import { shops } from './shops.js'

export function open(page) {
  const q = page.query
  const state = q.state || 'unassigned'
  const list = more((cursor) => get('/v1/dispatch', { state, zone: q.zone, cursor, limit: 50 }), 'searches')
  page.keep(async () => {
    const [searches, zones, shop] = await Promise.all([list.load(), get('/v1/zones', { limit: 200 }), shops()])
    const zone = q.zone || zones.zones?.[0]?.id
    const rounds = zone ? await get(`/v1/zones/${id(zone)}/rounds`, { limit: 30 }).catch(() => null) : null
    return { searches, shop, zones: zones.zones ?? [], zone, rounds: rounds?.rounds ?? [] }
  }, ({ searches, shop, zones, zone, rounds }) => {
    show(page.tools, choice('Zone', zones.map((z) => [z.id, z.name]), q.zone, (zone) => go('/dispatch', { ...q, zone })), choice('State', ['waiting', 'carried', 'completed', 'cancelled'], q.state, (state) => go('/dispatch', { ...q, state }), 'unassigned'))
    return [
      table('Searches', ['Order', 'State', 'Shop', 'Zone', 'Courier', 'Search#', 'Round#', 'Begun', 'Looked at again'], searches.map((s) => row(s.order, link('/orders/' + s.order, s.order.slice(0, 12)), chip(s.state), shop(s.shop), s.zone, s.winner ? link('/couriers/' + s.winner, s.winner) : '', number(s.gen), number(s.round), since(s.created), since(s.due))), state === 'unassigned' ? 'Every order has found a courier, or still looks for one: nothing waits for you here.' : 'No order is in this state'),
      list.button(page),
      h('h2', null, 'Newest rounds', zone && ' in ' + zone),
      table('Rounds', ['Round', 'When', 'Orders#'], rounds.map((r) => row(r.id, link('/rounds/' + r.id, r.id.slice(0, 14)), at(r.at), number(whole(r.orders?.length)))), 'No rounds yet'),
    ]
  }, { on: (f) => f.t === 'order.unassigned', about: ['service:assign', '/v1/dispatch', '/v1/zones'] })
}
