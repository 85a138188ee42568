added, changed, removed, turned = app.added, app.changed, app.removed, app.turned
