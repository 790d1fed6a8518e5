// What operators decide: how each zone's orders get their couriers, and what
// scores are made by.
import { h, table, row, link, number } from '../dom.js'
import { get, id } from '../api.js'

export function open(page) {
  page.keep(async () => {
    const { zones } = await get('/v1/zones', { limit: 200 })
    const dispatch = await Promise.all((zones ?? []).map((z) => get(`/v1/zones/${id(z.id)}/dispatch`)))
    return { zones: (zones ?? []).map((z, i) => ({ ...z, dispatch: dispatch[i] })), scores: await get('/v1/scores/config') }
  }, ({ zones, scores }) => [
    h('h2', null, 'Dispatch'),
    table('Zones', ['Zone', 'Name', 'Rounds', 'Every#', 'An offer stands#', 'Asked at once#', 'Orders in a trip#', 'Version#', 'By'], zones.map(({ id: zone, name, dispatch: { settings: s, version, by } }) => row(zone,
      link('/settings/zones/' + zone, zone), name, s.mode === 'zone' ? 'of the zone' : 'of each order', number(s.everySeconds + ' s'), number(s.offerSeconds + ' s'), number(s.broadcast), number(s.bundle), number(version), by)), 'There are no zones'),
    h('h2', null, 'Courier scores'),
    table('Scores', ['Settings', 'Version#', 'By'], [row('scores', link('/settings/scores', 'What scores are made by'), number(scores.version), scores.by)]),
    h('h2', null, 'Catalogues'), h('p', null, 'Each shop has its own: see ', link('/catalogues', 'catalogues'), '.'),
  ], { about: ['/v1/zones', '/v1/scores'] })
}
