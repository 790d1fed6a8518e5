// How fresh each shop's catalogue is.
import { h, table, row, chip, link, number } from '../dom.js'
import { since, span } from '../format.js'
import { get, id } from '../api.js'
import { more } from './more.js'

export function open(page) {
  const list = more(async (after) => {
    const { shops, next } = await get('/v1/shops', { after, limit: 50 })
    const fresh = await Promise.all((shops ?? []).map((s) => get(`/v1/shops/${id(s.id)}/catalog/freshness`).catch(() => null)))
    return { shops: (shops ?? []).map((s, i) => ({ ...s, fresh: fresh[i] })), next }
  }, 'shops')
  page.keep(list.load, (shops) => [
    table('Catalogues', ['Shop', 'Id', 'Zone', 'Takes orders', 'Catalogue', 'Age#', 'Last complete sync', 'Last attempt', 'Next due'], shops.map((s) => row(s.id,
      link('/catalogues/' + s.id, s.name), h('code', null, s.id), s.zone, chip(s.openNow ? 'ok' : 'closed', s.openNow ? 'open' : 'closed'), state(s.fresh), number(s.fresh?.complete ? span(s.fresh.ageSeconds) : ''),
      since(s.fresh?.complete?.finished), s.fresh?.last ? [link('/jobs/' + s.fresh.last.job, s.fresh.last.state ?? 'expired'), ' ', since(s.fresh.last.started)] : '', since(s.fresh?.nextDue))), 'No shops'),
    list.button(page),
  ], { about: ['/v1/shops', 'service:jobfinish', 'service:jobplan'], every: 60 })
}

const state = (f) => (!f ? 'none' : !f.active ? chip('off', 'off') : f.stale ? chip('stale') : chip('fresh'))
