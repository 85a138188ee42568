pick, fallback, inside, looped = app.pick, app.fallback, app.inside, app.looped
