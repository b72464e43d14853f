/** A scene of the gallery is opened as anybody's link would be: it is a link, and says the same before anything runs. */
import { type LinkedNetwork, networkForLink } from "../../lab/link-contents.ts";
import { PAGE_SETTINGS } from "../../lab/lab.ts";
import type { Scene } from "../../lab/scenes.ts";
import { encodeLink } from "../../lab/share-link.ts";
import { FIRST_EXAMPLE, loadExample } from "../shared/examples.ts";
import { EMPTY_PROJECT, project } from "../shared/project.svelte.ts";

/** The page starts over with the subnet that the scene asks for. */
export async function openScene(scene: Scene, network: LinkedNetwork): Promise<void> {
  const { files, main } = (await loadExample(FIRST_EXAMPLE)) ?? EMPTY_PROJECT;
  const link = await encodeLink({
    files,
    main,
    name: scene.title,
    network: networkForLink({ ...PAGE_SETTINGS, ...network }),
    scene,
  });
  project.flush();
  await project.settled();
  location.hash = link.slice(1);
  location.reload();
}
