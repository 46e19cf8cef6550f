/** The data set room: songs with stems, from MUSDB18, MUSDB18-HQ, or any folders of aligned stems. */
export { type Dataset, openDataset, type SongProblem, songsOf } from "./dataset.ts";
export {
  type Part,
  parts,
  readStems,
  type Song,
  type SongStems,
  type Split,
  type Stereo,
  splits,
  sumOfStems,
} from "./song.ts";
export { validationSongs } from "./validation.ts";
