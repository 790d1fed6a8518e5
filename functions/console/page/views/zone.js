// How a zone's orders get their couriers, who changed that when, and what is usual
// among its couriers.
import { h, table, row, show, link, number } from '../dom.js'
import { fixed, percent } from '../format.js'
import { get, read, id } from '../api.js'
import { settings, history } from './editor.js'
import { dispatch } from './meanings.js'

const maybe = (promise) => promise.catch(() => null)
const dimensions = [['completion', 'Completion'], ['on_time', 'On time'], ['acceptance', 'Acceptance'], ['rating', 'Rating']]

export function open(page) {
  const zone = page.params.zone
  const base = '/v1/zones/' + id(zone)
  const path = base + '/dispatch'
  page.name('Dispatch in ', zone)
  show(page.tools, link('/dispatch?zone=' + encodeURIComponent(zone), 'Its rounds'))
  page.keep(async () => {
    const [stored, versions, usual] = await Promise.all([read(path), get(path + '/versions', { limit: 20 }), maybe(get(base + '/score'))])
    return { stored, versions: versions.versions ?? [], usual }
  }, ({ stored, versions, usual }) => [
    settings(page, { path, stored, groups: dispatch, counts: 'It counts from the next round on.' }),
    h('h2', null, 'Who changed them'), history(versions, dispatch),
    usual?.priors && [h('h2', null, 'What is usual here'), table('Usual', ['Dimension', 'Usual#', 'Weighs as#'], dimensions.map(([f, name]) => row(f, name, number(percent(usual.priors[f]?.mean)), number(fixed(usual.priors[f]?.strength, 0)))))],
  ], { about: [base] })
}
