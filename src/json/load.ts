import type {LoadResult} from '../services/transfer/load.ts'

export type LoadJson = Omit<LoadResult, 'noise' | 'usersWithoutPassword'> & {
  users_without_password: number
  noise: string | null
}

export function loadJson({usersWithoutPassword, noise, ...result}: LoadResult): LoadJson {
  return {...result, users_without_password: usersWithoutPassword, noise: noise ?? null}
}
