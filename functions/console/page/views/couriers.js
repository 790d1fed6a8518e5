// Couriers: who is on duty, who is connected, what they carry, how good they are.
import { table, row, chip, link, choice, number, show, h } from '../dom.js'
import { since, fixed } from '../format.js'
import { get } from '../api.js'
import { go } from '../frame.js'
import { more } from './more.js'

export function open(page) {
  const q = page.query
  const list = more(async (after) => {
    const { couriers, next } = await get('/v1/couriers', { zone: q.zone, onDuty: q.duty === 'on', after, limit: 100 })
    const ids = (couriers ?? []).map((c) => 'courier:' + c.id)
    const [presence, places] = ids.length ? await Promise.all([
      get('/v1/presence', { client: ids.join(',') }).catch(() => null), get('/v1/locations', { courier: ids.map((i) => i.slice(8)).join(',') }).catch(() => null),
    ]) : []
    const seen = new Map((places?.locations ?? []).map((l) => [l.courier, l.at]))
    return { couriers: (couriers ?? []).map((c, i) => ({ ...c, connections: presence?.connections[i], seen: seen.get(c.id) })), next }
  }, 'couriers')
  show(page.tools, choice('Duty', [['on', 'on duty']], q.duty, (duty) => go('/couriers', { ...q, duty })),
    h('label', { class: 'choice' }, h('span', null, 'Zone'), h('input', { value: q.zone, size: 10, onchange: (e) => go('/couriers', { ...q, zone: e.target.value.trim() }) })))
  page.keep(async () => {
    const couriers = await list.load()
    const zones = new Set(couriers.map((c) => c.zone))
    const scores = zones.size === 1 ? await get(`/v1/zones/${encodeURIComponent([...zones][0])}/scores`, { limit: 200 }).catch(() => null) : null
    const by = new Map((scores?.scores ?? []).map((s) => [s.courier, s.score]))
    return couriers.map((c) => ({ ...c, score: by.get(c.id) }))
  }, (couriers) => [
    table('Couriers', ['Courier', 'Name', 'Zone', 'Vehicle', 'Duty', 'Connected', 'Carries#', 'Cash limit#', 'Score#', 'Last position'], couriers.map((c) => row(c.id,
      link('/couriers/' + c.id, c.id), c.name, c.zone, c.vehicle, c.disabled ? chip('down', 'disabled') : c.onDuty ? chip('active', 'on duty') : 'off', c.connections > 0 ? chip('online') : 'no',
      number(`${c.load.orders?.length ?? 0} of ${c.capacity}`), number(c.cashLimit / 100), number(c.score ? fixed(c.score.value) : ''), since(c.seen))), 'No couriers'),
    list.button(page),
  ], { about: ['/v1/couriers', 'service:gateway', 'service:scoreupdate'] })
}
