// What couriers' scores are made by, and who changed that when.
import { h } from '../dom.js'
import { get, read } from '../api.js'
import { settings, history } from './editor.js'
import { scores } from './meanings.js'

const path = '/v1/scores/config'
const named = ({ config, ...rest }) => ({ ...rest, settings: config })

export function open(page) {
  page.keep(async () => {
    const [{ body, tag }, { versions }] = await Promise.all([read(path), get(path + '/versions', { limit: 20 })])
    return { stored: { body: named(body), tag }, versions: (versions ?? []).map(named) }
  }, ({ stored, versions }) => [
    settings(page, { path, stored, groups: scores, counts: 'It counts at once, for the scores of all couriers.' }),
    h('h2', null, 'Who changed them'), history(versions, scores),
  ], { about: ['/v1/scores'] })
}
