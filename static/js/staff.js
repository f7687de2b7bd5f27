// What the back office has beyond HTML. Everything works without this file.
document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-print]")) print();
});

document.addEventListener("change", ({ target }) => {
  // A chosen photo shows at once; the form still has to be saved.
  const preview = document.getElementById(target.dataset.preview);
  const [file] = target.files ?? [];
  if (preview && file) {
    const reader = new FileReader();
    reader.addEventListener("load", () => {
      preview.hidden = false;
      preview.src = reader.result;
    });
    reader.readAsDataURL(file);
  }
  // One box ticks all of its name.
  if (target.matches("[data-ticks]"))
    document.querySelectorAll(`input[name="${target.dataset.ticks}"]`).forEach((box) => (box.checked = target.checked));
});
