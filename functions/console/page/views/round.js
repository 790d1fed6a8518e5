// One round: all that went in, and why it decided so. It can be made again from
// its ledger, to see that it decides the same.
import { h, facts, chip, show, link } from '../dom.js'
import { at, whole, json } from '../format.js'
import { get, post, id } from '../api.js'
import { entries } from './ledger.js'

export function open(page) {
  const path = '/v1/rounds/' + id(page.params.round)
  let again = null
  page.name('Round ', h('code', null, page.params.round))
  show(page.tools, h('button', { type: 'button', class: 'quiet', onclick: async () => {
    again = await page.act('Made again, without any effect', () => post(path + '/replay'))
    page.redraw()
  } }, 'Make it again'))
  page.keep(() => get(path), (r) => [
    h('div', { class: 'lead' }, again && chip(again.same ? 'same' : 'differs', again.same ? 'made again: decides the same' : 'made again: decides otherwise'), r.guessed && chip('waiting', 'times guessed')),
    facts([['When', at(r.at)], ['Zone', link('/dispatch?zone=' + r.zone, r.zone)], ['Orders', whole(r.input.orders?.length)], ['Couriers', whole(r.input.couriers?.length)], ['Settings', 'version ' + r.input.config?.version], ['Scores', 'config ' + r.scores]]),
    entries(again ? { ...r, decision: again.decision } : r),
    h('details', null, h('summary', null, 'All that went in'), json(r.input)),
  ])
}
