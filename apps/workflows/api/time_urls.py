"""Addresses of calendars, clocks and schedules in the API."""

from django.urls import path

from apps.workflows.api.views import calendars, event_stories, schedules

urlpatterns = [
    path("calendars", calendars.Calendars.as_view()),
    path("calendars/<slug:key>", calendars.OneCalendar.as_view()),
    path("calendars/<slug:key>/default", calendars.CalendarDefault.as_view()),
    path("calendars/<slug:key>/days", calendars.CalendarDays.as_view()),
    path("calendars/<slug:key>/holidays", calendars.CalendarHolidays.as_view()),
    path("calendar-assignments", calendars.CalendarAssignments.as_view()),
    path("calendar-assignments/<uuid:assignment_id>", calendars.OneCalendarAssignment.as_view()),
    path("events/<uuid:event_id>/story", event_stories.EventStoryView.as_view()),
    path("schedules", schedules.Schedules.as_view()),
    path("schedules/<slug:key>", schedules.OneSchedule.as_view()),
    path("schedules/<slug:key>/fires", schedules.ScheduleFires.as_view()),
    path("schedules/<slug:key>/pause", schedules.SchedulePause.as_view()),
    path("schedules/<slug:key>/resume", schedules.ScheduleResume.as_view()),
    path("runs/<uuid:run_id>/clocks", calendars.RunClocks.as_view()),
]
