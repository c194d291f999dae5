// The search: every word that is typed must occur in what a lab says of itself. Without a script all labs are shown.
(() => {
  const form = document.getElementById("search");
  const field = document.getElementById("words");
  const labs = [...document.querySelectorAll(".labs > li")];
  const say = (count) => {
    if (count === labs.length) return `${count} labs`;
    return count ? `${count} of ${labs.length} labs match` : "No lab matches";
  };
  const search = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const lab of labs) lab.hidden = !words.every((word) => lab.dataset.words.includes(word));
    document.getElementById("found").textContent = say(labs.filter((lab) => !lab.hidden).length);
  };
  field.addEventListener("input", search);
  // Enter opens the lab where one alone is left.
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const left = labs.filter((lab) => !lab.hidden);
    if (left.length === 1) left[0].querySelector("a").click();
  });
  form.hidden = false;
  search(); // a browser that comes back keeps what was typed
})();
