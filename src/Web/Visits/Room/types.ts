// What the room's hub says and takes.
export type Role = "Host" | "Patient" | "Guest";
export type SeatState = "Invited" | "Waiting" | "Admitted" | "InCall" | "Left" | "Removed";

export interface Media { mic: boolean; camera: boolean; screen: boolean }

export interface RoomPerson {
  id: string;
  name: string;
  role: Role;
  knownBy: "Ehr" | "Staff" | "Link" | "Self";
  state: SeatState;
  waitingSince: string | null;
  connected: boolean;
  media: Media | null;
}

export interface ChatLine { id: string; from: string; name: string; text: string; at: string }

export interface RoomState {
  visit: string;
  status: string;
  now: string;
  me: string;
  role: Role;
  myState: SeatState;
  people: RoomPerson[];
  chat: ChatLine[];
  iceServers: RTCIceServer[];
}

/** Written into the page by the server. */
export interface RoomFacts {
  sid: string;
  role: Role;
  knownBy: "Ehr" | "Staff" | "Link" | "Self";
  me: string;
  name: string;
  patient: string | null;
  clinicians: string;
  hospital: string;
  zone: string;
}

export const isOver = (status: string): boolean => ["Finished", "NoShow", "Cancelled"].includes(status);
