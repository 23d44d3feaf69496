// Pages of one thing: waiting to be let in, having left, having been removed, the end.
import { html, nothing, type TemplateResult } from "lit";
import { icon } from "./icon.js";
import { t } from "../../Frame/words.js";
import { preview, toggles } from "./check.js";
import type { HtRoom } from "./room.js";

export function lobbyView(room: HtRoom): TemplateResult {
  const since = room.self?.waitingSince;
  const who = room.facts.clinicians;
  return html`
    <section class="check lobby">
      <h1 tabindex="-1">${who ? t("{0} has been told you are here.", who) : t("The clinic has been told you are here.")}</h1>
      <p>${t("Stay on this page: you are let in from here, and it makes a sound.")}</p>
      ${since ? html`<p class="waited">${icon("clock")} ${t("Waiting")} <span class="clock" data-since=${since}></span></p>` : nothing}
      ${preview(room.media, room.facts.name)}
      <div class="toggles">${toggles(room)}
        <button class="control leave" @click=${() => room.leave()}>${icon("leave")}<span>${t("Leave")}</span></button></div>
    </section>`;
}

export function leftView(room: HtRoom): TemplateResult {
  return html`
    <section class="check one">
      <h1 tabindex="-1">${t("You have left the visit.")}</h1>
      <p>${t("It goes on without you until the clinician ends it.")}</p>
      <div class="actions"><button class="button primary" ?disabled=${room.joining} @click=${() => room.rejoin()}>${t("Rejoin")}</button>
        ${room.fromList ? html`<a class="button quiet" href="/visits" target="_top">${t("Back to the visits")}</a>` : signOut(room)}</div>
    </section>`;
}

/** This device's place is given up, and what the EHR allowed us with it. */
function signOut(room: HtRoom): TemplateResult {
  const token = document.querySelector<HTMLInputElement>("input[name=__RequestVerificationToken]")?.value ?? "";
  return html`<form method="post" action="/room/${room.facts.sid}/sign-out"><input type="hidden" name="__RequestVerificationToken" value=${token}>
    <button class="button quiet">${t("Sign out of this visit")}</button></form>`;
}

export function removedView(): TemplateResult {
  return html`
    <section class="check one">
      <h1 tabindex="-1">${t("You are no longer in this visit.")}</h1>
      <p>${t("The clinician ended your part of it. If you think that is a mistake, call the clinic.")}</p>
    </section>`;
}

export function movedView(room: HtRoom): TemplateResult {
  return html`
    <section class="check one">
      <h1 tabindex="-1">${t("The visit is open in its own window.")}</h1>
      <p>${t("Keep this page if you like; camera and sound are over there.")}</p>
      <div class="actions"><button class="button" @click=${() => room.back()}>${t("Use this page instead")}</button></div>
    </section>`;
}

export function overView(room: HtRoom): TemplateResult {
  return html`
    <section class="check one" data-room="over">
      <h1 tabindex="-1">${t("The visit is over.")}</h1>
      <p>${t("The room is closed and its links have ended. You can close this window.")}</p>
      ${room.fromList ? html`<div class="actions"><a class="button primary" href="/visits" target="_top">${t("Back to the visits")}</a></div>` : signOut(room)}
    </section>`;
}
