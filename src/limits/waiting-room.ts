/** Counts the requests that wait, so that slow providers cannot fill the memory with requests that stand still. */

export interface WaitingRoom {
  /** False where it is full. Whoever has entered must leave. */
  enter(): boolean;
  leave(): void;
  waiting(): number;
}

/** @param whole the larger room that this one is a part of: a request needs a place in both. */
export function createWaitingRoom(places: number, whole?: WaitingRoom): WaitingRoom {
  let taken = 0;
  return {
    enter: () => {
      if (taken >= places || whole?.enter() === false) return false;
      taken += 1;
      return true;
    },
    leave: () => {
      taken -= 1;
      whole?.leave();
    },
    waiting: () => taken,
  };
}
